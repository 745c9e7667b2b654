//! Clients of HTTP/2 that send frames which ask for nothing, and some that only seem to.

use std::io::{self, ErrorKind, Read, Write};
use std::thread;

use bytes::Bytes;
use futures_util::{StreamExt, stream};

use super::http2::{next_frame, raw};
use super::peer::{PATIENCE, Peer};
use super::*;

/// The fields of a request for `/read`: http, and the authority "a" (RFC 7541 appendix A).
const FIELDS: &[u8] = b"\x86\x04\x05/read\x01\x01a";

/// A request on stream 1: its method, from the static table, and what is said of it (RFC 9113 section
/// 6.2).
fn request(method: u8, flags: u8) -> Vec<u8> {
    let length = 1 + FIELDS.len() as u8;
    [&[0, 0, length, 1, flags, 0, 0, 0, 1, method][..], FIELDS].concat()
}

#[test]
fn who_sends_frames_for_nothing_is_let_go_and_others_of_its_thread_are_answered_meanwhile() {
    let server = quick(|_| {});
    let mut ordinary = Peer::connect(server.address());
    let floods: [&[u8]; 6] = [
        b"\0\0\x08\x06\0\0\0\0\0a ping..",
        b"\0\0\0\x04\0\0\0\0\0",
        // Of WINDOW_UPDATE, PRIORITY and DATA of stream 1, and a frame of a type that nobody knows.
        b"\0\0\x04\x08\0\0\0\0\0\0\0\0\x01",
        b"\0\0\x05\x02\0\0\0\0\x03\0\0\0\0\x10",
        b"\0\0\0\0\0\0\0\0\x01",
        b"\0\0\0\xff\0\0\0\0\0",
    ];
    for frame in floods {
        let mut peer = raw(&server);
        // POST, and a body is to come.
        peer.send(request(0x83, 0x4));
        let (mut writing, mut reading) = (peer.another(), peer.another());
        writing.set_write_timeout(Some(PATIENCE)).unwrap();
        let reader =
            thread::spawn(move || while matches!(reading.read(&mut [0; 4096]), Ok(1..)) {});
        let writer = thread::spawn(move || {
            let frames = frame.repeat(100);
            loop {
                if let Err(error) = writing.write_all(&frames) {
                    return error.kind();
                }
            }
        });
        loop {
            assert_eq!(ordinary.get("/ordinary").status(), 200);
            if writer.is_finished() {
                break;
            }
        }
        let end = writer.join().unwrap();
        let closed = [ErrorKind::ConnectionReset, ErrorKind::BrokenPipe];
        assert!(closed.contains(&end), "{frame:?}: {end:?}");
        reader.join().unwrap();
    }
}

#[test]
fn who_makes_room_for_each_piece_of_an_answer_may_go_on() {
    const PIECE: &[u8] = &[b'x'; 500];
    const PIECES: usize = 3000;
    let page = async |_: http::Request<Body>, _: Connection| {
        let pieces = stream::repeat_with(|| Ok::<_, io::Error>(Bytes::from_static(PIECE)));
        Response::text(Body::stream(pieces.take(PIECES)))
    };
    let server = TestServer::start(page);
    let mut peer = raw(&server);
    // GET, and that is all.
    peer.send(request(0x82, 0x5));
    let mut received = 0;
    loop {
        let (kind, flags, payload) = next_frame(&mut peer);
        if kind != 0 {
            continue;
        }
        received += payload.len();
        if flags & 1 == 1 {
            break;
        }
        // On the connection and on its stream, as some clients have it.
        let size = u32::try_from(payload.len()).unwrap().to_be_bytes();
        for stream in [0, 1] {
            peer.send([&[0, 0, 4, 8, 0, 0, 0, 0, stream][..], &size].concat());
        }
    }
    assert_eq!(received, PIECE.len() * PIECES);
}
