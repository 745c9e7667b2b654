//! From when to when a certificate is valid: the little of its form that must be known for that.

use chrono::{DateTime, NaiveDateTime, Utc};

const INTEGER: u8 = 0x02;
const SEQUENCE: u8 = 0x30;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
/// The field `version`, which a certificate of version 1 does not have.
const VERSION: u8 = 0xa0;

/// The first and the last moment of a certificate in DER (RFC 5280 section 4.1); `None` if it is
/// none.
pub(super) fn of(certificate: &[u8]) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let (certificate, _) = take(certificate, SEQUENCE)?;
    let (mut rest, _) = take(certificate, SEQUENCE)?;
    if rest.first() == Some(&VERSION) {
        rest = take(rest, VERSION)?.1;
    }
    let (_serial, rest) = take(rest, INTEGER)?;
    let (_algorithm, rest) = take(rest, SEQUENCE)?;
    let (_issuer, rest) = take(rest, SEQUENCE)?;
    let (validity, _) = take(rest, SEQUENCE)?;
    let (from, rest) = time(validity)?;
    let (until, _) = time(rest)?;
    Some((from, until))
}

/// The content of the value that `bytes` begin with, which must have this `tag`, and the rest.
fn take(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&[found, first], rest) = bytes.split_first_chunk()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        // The length itself takes so many bytes, the most significant first.
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first - 0x80))?;
            let length = digits
                .iter()
                .fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte));
            (usize::try_from(length).ok()?, rest)
        }
        _ => return None,
    };
    (found == tag).then(|| rest.split_at_checked(length))?
}

/// The time that `bytes` begin with, and the rest (RFC 5280 section 4.1.2.5).
fn time(bytes: &[u8]) -> Option<(DateTime<Utc>, &[u8])> {
    let (content, rest) = match *bytes.first()? {
        UTC_TIME => take(bytes, UTC_TIME)?,
        _ => take(bytes, GENERALIZED_TIME)?,
    };
    let text = std::str::from_utf8(content).ok()?;
    let full = match text.len() {
        // Two digits of a year are of 1950 to 2049.
        13 if text.get(..2)? >= "50" => format!("19{text}"),
        13 => format!("20{text}"),
        _ => text.to_owned(),
    };
    let time = NaiveDateTime::parse_from_str(&full, "%Y%m%d%H%M%SZ").ok()?;
    Some((time.and_utc(), rest))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn made(from: i32, until: i32) -> Vec<u8> {
        let mut params = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(from, 2, 3);
        params.not_after = rcgen::date_time_ymd(until, 4, 5);
        let key = rcgen::KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().der().to_vec()
    }

    #[test]
    fn the_dates_of_a_certificate_are_found_in_either_form() {
        for (from, until) in [(1975, 2049), (2050, 2999)] {
            let (start, end) = of(&made(from, until)).unwrap();
            assert_eq!(start.to_rfc3339(), format!("{from}-02-03T00:00:00+00:00"));
            assert_eq!(end.to_rfc3339(), format!("{until}-04-05T00:00:00+00:00"));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, cut in 0..200_usize, at in 0..200_usize, byte: u8) {
            let _ = of(&bytes);
            let mut damaged = made(2020, 2030);
            damaged[at] = byte;
            let _ = of(&damaged);
            let _ = of(&damaged[..cut]);
        }
    }
}
