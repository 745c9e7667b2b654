use proptest::prelude::*;

use super::*;

/// What becomes of `text`, delivered whole.
fn whole(text: &str) -> Result<Place, Offence> {
    let mut gate = Gate::default();
    gate.look(text.as_bytes()).map(|()| gate.place)
}

/// What becomes of `text` in two pieces, wherever it is torn: always the same.
fn look(text: &str) -> Result<Place, Offence> {
    let expected = whole(text);
    for middle in 0..=text.len() {
        let (first, second) = text.as_bytes().split_at(middle);
        let mut gate = Gate::default();
        let found = gate.look(first).and_then(|()| {
            let second = gate.look(second);
            second.map_err(|offence| Offence {
                at: offence.at + middle,
                ..offence
            })
        });
        assert_eq!(found.map(|()| gate.place), expected, "torn at {middle}");
    }
    expected
}

fn head(fields: &str) -> String {
    format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n")
}

#[test]
fn requests_follow_each_other_with_and_without_bodies() {
    let text = "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n".to_owned()
        + &head("content-LENGTH:\t5 \r\n")
        + "a\nb\nc"
        + &head("Transfer-Encoding: Chunked\r\n")
        + "3;x=\"y\"\r\n\n\n\n\r\nA \r\n0123456789\r\n0\r\nX: y\r\n\r\n"
        + &head("Content-Length: 0\r\n");
    assert_eq!(look(&text), Ok(Place::Head));
    assert_eq!(look(&(text + "GET / HTTP/1.1\r\nHost")), Ok(Place::Head));
    let half = head("Content-Length: 10\r\n") + "abc";
    assert_eq!(look(&half), Ok(Place::Body(7)));
}

#[test]
fn what_two_readers_could_understand_differently_is_refused_where_it_stands() {
    for fields in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: chunked, gzip\r\n",
        "Transfer-Encoding:\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: -5\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length:\r\n",
        "Content-Length: 18446744073709551616\r\n",
        "X: y\r\n z\r\n",
        "X: y\r\n\tz\r\n",
        "X: y\n",
        "X: y\nContent-Length: 5\r\n",
    ] {
        let text = head(fields);
        let offence = look(&text).unwrap_err();
        assert!(offence.in_head, "{fields:?}");
        assert_eq!(text.as_bytes()[offence.at], b'\n', "{fields:?}");
    }
    for text in ["GET / HTTP/1.1\n", "\n", "\r\n\nGET"] {
        assert!(look(text).unwrap_err().in_head, "{text:?}");
    }
    let long = format!("Content-Length: {}5\r\n", "0".repeat(LONGEST_KEPT));
    assert!(whole(&head(&long)).is_ok());
}

#[test]
fn a_chunk_that_is_malformed_is_refused() {
    let head = head("Transfer-Encoding: chunked\r\n");
    for body in [
        "\r\n",
        "x\r\n",
        "-1\r\n",
        " 5\r\n",
        "5 5\r\n",
        "0x5\r\n",
        "5\n",
        "5;x\n",
        "5\rabcde",
        "10000000000000000\r\n",
        "fffffffffffffffe\r\n",
        "3\r\nabcd\r\n",
        "3\r\nabc\n",
        "0\r\n\n",
        "0\r\nX: y\n",
    ] {
        let refused = look(&(head.clone() + body + "\r\n")).map_err(|offence| offence.in_head);
        assert_eq!(refused, Err(false), "{body:?}");
    }
}

#[test]
fn a_head_is_noticed_from_its_first_byte_to_its_end() {
    let mut gate = Gate::default();
    assert!(!gate.is_in_head());
    for byte in b"GET / HTTP/1.1\r\nHost: a\r\n\r" {
        gate.look(&[*byte]).unwrap();
        assert!(gate.is_in_head());
    }
    gate.look(b"\n").unwrap();
    assert!(!gate.is_in_head());
}

#[test]
fn behind_a_tunnel_nothing_is_looked_at() {
    let text = "CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n\n\n\n";
    assert_eq!(look(text), Ok(Place::Open));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(pieces: Vec<Vec<u8>>) {
        let mut gate = Gate::default();
        for piece in pieces {
            if let Err(offence) = gate.look(&piece) {
                prop_assert!(offence.at < piece.len());
                break;
            }
        }
    }

    #[test]
    fn no_chunks_make_it_panic(body in "[0-9a-f;\\r\\n ]{0,60}") {
        let _ = look(&(head("Transfer-Encoding: chunked\r\n") + &body));
    }
}
