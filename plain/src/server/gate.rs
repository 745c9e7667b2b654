//! Refuses what two readers of an HTTP/1 connection could understand differently.
//!
//! Where a proxy and this server disagree about where a request ends, the rest of one visitor's
//! request becomes the start of another's (request smuggling, RFC 9112 section 11.2). So the bytes are
//! looked at before they are parsed, and what a lenient reader would let pass ends the connection: a
//! line that ends with LF alone, a length and chunks at once, two lengths, a malformed chunk. Nothing
//! is copied or held back; what a line is needs remembering only where it is torn between two reads.

use memchr::memchr;

/// How much of a torn line is kept. A length or a coding that takes more is refused.
const LONGEST_KEPT: usize = 128;
/// More digits than a size in 64 bits can have.
const MOST_DIGITS: usize = 16;

/// Where something stands that is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Offence {
    /// The position in the bytes that were looked at.
    pub(super) at: usize,
    /// Whether it stands in the head of a request, so that there is an answer to it.
    pub(super) in_head: bool,
}

/// Follows the requests of one connection.
#[derive(Debug, Default)]
pub(super) struct Gate {
    place: Place,
    /// What was read of a line that did not end yet.
    torn: Torn,
    /// Whether the first line of a head was read.
    begun: bool,
    length: Option<u64>,
    chunked: bool,
    /// Whether the connection is no longer HTTP/1 after this head.
    tunnel: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Head,
    /// So many bytes of a body are to come.
    Body(u64),
    /// The line with the size of a chunk.
    Size,
    /// So many bytes of a chunk, and the end of its line.
    Chunk(u64),
    Trailer,
    /// Nothing is looked at any more.
    Open,
}

impl Gate {
    /// Whether a head was begun and has not ended.
    pub(super) fn is_in_head(&self) -> bool {
        self.place == Place::Head && (self.begun || self.torn.length > 0)
    }

    /// Looks at the next bytes.
    ///
    /// # Errors
    ///
    /// The first thing that is refused; nothing after it may be used, and nothing more be looked at.
    pub(super) fn look(&mut self, bytes: &[u8]) -> Result<(), Offence> {
        let mut at = 0;
        while at < bytes.len() {
            let rest = &bytes[at..];
            match self.place {
                Place::Open => return Ok(()),
                Place::Body(left) => {
                    let passed = passed(left, rest);
                    at += passed;
                    self.place = match left - passed as u64 {
                        0 => Place::Head,
                        left => Place::Body(left),
                    };
                }
                Place::Chunk(left) if left > 2 => {
                    let passed = passed(left - 2, rest);
                    at += passed;
                    self.place = Place::Chunk(left - passed as u64);
                }
                Place::Chunk(left) => {
                    let expected = if left == 2 { b'\r' } else { b'\n' };
                    if rest[0] != expected {
                        return Err(self.refuse(at));
                    }
                    at += 1;
                    self.place = match left {
                        2 => Place::Chunk(1),
                        _ => Place::Size,
                    };
                }
                Place::Head | Place::Size | Place::Trailer => match memchr(b'\n', rest) {
                    None => {
                        self.torn.add(rest);
                        return Ok(());
                    }
                    Some(end) => {
                        if self.line(&rest[..end]).is_none() {
                            return Err(self.refuse(at + end));
                        }
                        at += end + 1;
                    }
                },
            }
        }
        Ok(())
    }

    fn refuse(&mut self, at: usize) -> Offence {
        let in_head = self.place == Place::Head;
        self.place = Place::Open;
        Offence { at, in_head }
    }

    /// Takes in the line that ends after `end`; `None` if it is refused.
    fn line(&mut self, end: &[u8]) -> Option<()> {
        if self.torn.length == 0 {
            return self.whole_line(end.strip_suffix(b"\r")?, false);
        }
        self.torn.add(end);
        let torn = std::mem::take(&mut self.torn);
        if torn.last != b'\r' {
            return None;
        }
        let cut = torn.length > torn.kept.len();
        let line = &torn.kept[..];
        self.whole_line(line.strip_suffix(b"\r").unwrap_or(line), cut)
    }

    /// Takes in `line`, of which more was there than is shown if it was `cut`.
    fn whole_line(&mut self, line: &[u8], cut: bool) -> Option<()> {
        match self.place {
            Place::Head => self.head_line(line, cut),
            Place::Size => {
                self.place = match size(line)? {
                    0 => Place::Trailer,
                    // The data and the end of its line.
                    size => Place::Chunk(size.checked_add(2)?),
                };
                Some(())
            }
            _ => {
                if line.is_empty() {
                    self.place = Place::Head;
                }
                Some(())
            }
        }
    }

    fn head_line(&mut self, line: &[u8], cut: bool) -> Option<()> {
        if !self.begun {
            // RFC 9112 section 2.2: an empty line before a request is passed over.
            self.begun = !line.is_empty();
            self.tunnel = line.starts_with(b"CONNECT ");
            return Some(());
        }
        match line.first() {
            None => self.end_head(),
            Some(b'c' | b'C') => match field(line, b"content-length") {
                // Two are two readers' choice, even if they agree (RFC 9112 section 6.3).
                Some(_) if cut || self.length.is_some() || self.chunked => return None,
                Some(value) => self.length = Some(length(value)?),
                None => {}
            },
            Some(b't' | b'T') => match field(line, b"transfer-encoding") {
                Some(_) if cut || self.length.is_some() || self.chunked => return None,
                Some(value) => {
                    let last = value.rsplit(|byte| *byte == b',').next()?;
                    if !last.trim_ascii().eq_ignore_ascii_case(b"chunked") {
                        return None;
                    }
                    self.chunked = true;
                }
                None => {}
            },
            // RFC 9112 section 5.2: a value that goes on in the next line is obsolete.
            Some(b' ' | b'\t') => return None,
            Some(_) => {}
        }
        Some(())
    }

    fn end_head(&mut self) {
        self.place = match (self.tunnel, self.chunked, self.length) {
            (true, ..) => Place::Open,
            (_, true, _) => Place::Size,
            (_, _, Some(length)) if length > 0 => Place::Body(length),
            _ => Place::Head,
        };
        self.begun = false;
        self.chunked = false;
        self.length = None;
    }
}

/// How many of `left` are in `bytes`.
fn passed(left: u64, bytes: &[u8]) -> usize {
    usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()))
}

/// The value of `line` if its name is `name`, which is in lower case.
fn field<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (found, rest) = line.split_at_checked(name.len())?;
    // A blank before the colon is refused by the parser (RFC 9112 section 5.1).
    let value = rest.strip_prefix(b":")?;
    found.eq_ignore_ascii_case(name).then(|| value.trim_ascii())
}

/// The number that `value` is, of decimal digits alone.
fn length(value: &[u8]) -> Option<u64> {
    let digits = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    let digits = digits.then_some(value)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The size at the start of a chunk's line, which may go on with an extension (RFC 9112 section 7.1).
fn size(line: &[u8]) -> Option<u64> {
    let end = line.iter().position(|byte| !byte.is_ascii_hexdigit());
    let (digits, rest) = line.split_at(end.unwrap_or(line.len()));
    let extended = matches!(rest.trim_ascii_start(), [] | [b';', ..]);
    if digits.is_empty() || digits.len() > MOST_DIGITS || !extended {
        return None;
    }
    u64::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// The start of a line, as far as it is of interest.
#[derive(Debug, Default)]
struct Torn {
    kept: Vec<u8>,
    length: usize,
    last: u8,
}

impl Torn {
    fn add(&mut self, bytes: &[u8]) {
        let room = LONGEST_KEPT.saturating_sub(self.kept.len());
        self.kept.extend_from_slice(&bytes[..room.min(bytes.len())]);
        self.length = self.length.saturating_add(bytes.len());
        self.last = bytes.last().copied().unwrap_or(self.last);
    }
}

#[cfg(test)]
mod tests;
