//! Counts what a client of HTTP/2 sends that asks for nothing.
//!
//! Pings, settings, priorities, empty pieces and the like cost the client less than the server, which
//! must read and often answer them (RFC 9113 section 10.5). So the heads of frames are followed. Who
//! sends more of them than its requests, the answers to them and the time that passes call for is let
//! go; and while frames are small, little is read at once. Nothing is copied or held back.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::streams::Streams;

/// What a client begins with (RFC 9113 section 3.4), and the size of the head of a frame (section 4.1).
const PREFACE: usize = 24;
const HEAD: usize = 9;
/// The type of frames that carry bodies (RFC 9113 section 6.1).
const DATA: u8 = 0;

/// As much work as a frame, in bytes of a body.
const FRAME_WORK: usize = 64;
/// How much is read at once while that is mostly small frames.
const SMALL_READ: usize = 1024;

/// How many frames a client may send for nothing in [`PERIOD`].
const MOST_FREE: u32 = 1000;
const PERIOD: Duration = Duration::from_secs(10);
/// How many it may send besides for each step forward of its requests (one begun, a piece of an answer
/// sent), and for each so many bytes that were sent: some tell for every piece that they have read it,
/// twice.
const FOR_STEP: u32 = 10;
const FOR_SENT: usize = 1024;

/// Follows the frames of one connection.
#[derive(Debug)]
pub(super) struct Frames {
    streams: Arc<Streams>,
    /// What was read of the head of a frame.
    head: [u8; HEAD],
    begun: usize,
    /// How many bytes are to come before the next head.
    left: usize,
    is_dense: bool,
    /// How many frames were not paid for yet, and by what they can be.
    debt: u32,
    since: Instant,
    steps: u32,
    sent: usize,
}

impl Frames {
    /// Those of a connection on which `streams` are, which are told if it is flooded.
    pub(super) fn new(streams: Arc<Streams>) -> Self {
        Self {
            streams,
            head: [0; HEAD],
            begun: 0,
            left: PREFACE,
            is_dense: true,
            debt: 0,
            since: Instant::now(),
            steps: 0,
            sent: 0,
        }
    }

    /// How much may be read at once.
    pub(super) fn most_read(&self) -> usize {
        match self.is_dense {
            true => SMALL_READ,
            false => usize::MAX,
        }
    }

    /// Looks at the next bytes, and returns how much work they are, in bytes.
    pub(super) fn look(&mut self, mut bytes: &[u8]) -> usize {
        let (length, mut frames) = (bytes.len(), 0);
        while !bytes.is_empty() {
            if self.left > 0 {
                let passed = self.left.min(bytes.len());
                self.left -= passed;
                bytes = &bytes[passed..];
                continue;
            }
            let taken = (HEAD - self.begun).min(bytes.len());
            self.head[self.begun..self.begun + taken].copy_from_slice(&bytes[..taken]);
            self.begun += taken;
            bytes = &bytes[taken..];
            if self.begun == HEAD {
                self.begun = 0;
                frames += 1;
                self.frame();
            }
        }
        if self.debt > MOST_FREE && !self.is_paid() {
            self.streams.set_flooded();
        }
        let work = length.max(frames * FRAME_WORK);
        self.is_dense = work > length;
        work
    }

    /// Notes that so many bytes were sent.
    pub(super) fn add_sent(&mut self, bytes: usize) {
        self.sent = self.sent.saturating_add(bytes);
    }

    /// Takes in the frame whose head was read.
    fn frame(&mut self) {
        let [a, b, c, kind, ..] = self.head;
        self.left = u32::from_be_bytes([0, a, b, c]) as usize;
        // Of a body, how much comes at once is the client's choice.
        if kind != DATA || self.left == 0 {
            self.debt = self.debt.saturating_add(1);
        }
    }

    /// Pays for what can be paid for, and says whether that is enough.
    fn is_paid(&mut self) -> bool {
        let steps = self.streams.now().1;
        let for_steps = steps.wrapping_sub(self.steps).saturating_mul(FOR_STEP);
        let for_sent = u32::try_from(self.sent / FOR_SENT).unwrap_or(u32::MAX);
        self.debt = self.debt.saturating_sub(for_steps.saturating_add(for_sent));
        self.steps = steps;
        self.sent = 0;
        if self.debt > MOST_FREE && self.since.elapsed() >= PERIOD {
            self.debt = 0;
            self.since = Instant::now();
        }
        self.debt <= MOST_FREE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    const PING: &[u8] = b"\0\0\x08\x06\0\0\0\0\0abcdefgh";
    const FEW: usize = MOST_FREE as usize;

    fn frames() -> (Frames, Arc<Streams>) {
        let streams = Arc::new(Streams::default());
        let mut frames = Frames::new(streams.clone());
        frames.look(START);
        (frames, streams)
    }

    fn is_flooded(streams: &Streams) -> bool {
        streams.abuse().is_some()
    }

    #[tokio::test(start_paused = true)]
    async fn frames_are_counted_however_they_are_torn() {
        let bytes = [START, &PING.repeat(FEW)].concat();
        for size in [1, 2, 7, 9, 17, 1000, bytes.len()] {
            let (_, streams) = frames();
            let mut frames = Frames::new(streams.clone());
            bytes.chunks(size).for_each(|piece| {
                frames.look(piece);
            });
            assert!(!is_flooded(&streams), "{size}");
            frames.look(&PING[..HEAD - 1]);
            assert!(!is_flooded(&streams), "{size}");
            frames.look(&PING[HEAD - 1..]);
            assert!(is_flooded(&streams), "{size}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn bodies_are_not_counted_but_empty_pieces_of_them_are() {
        let (mut frames, streams) = frames();
        // What a body holds is no frame, though it looks like some.
        let piece = [b"\0\x01\x10\0\0\0\0\0\x01", &PING.repeat(16)[..]].concat();
        frames.look(&piece.repeat(10 * FEW));
        assert!(!is_flooded(&streams));
        frames.look(&b"\0\0\0\0\0\0\0\0\x01".repeat(FEW + 1));
        assert!(is_flooded(&streams));
    }

    #[tokio::test(start_paused = true)]
    async fn requests_and_what_is_sent_pay_for_frames() {
        let (mut frames, streams) = frames();
        let update = b"\0\0\x04\x08\0\0\0\0\0\0\0\x40\0";
        for _ in 0..10 * FEW {
            streams.begin().answered();
            frames.look(&update.repeat(2 * FOR_STEP as usize));
        }
        for _ in 0..10 * FEW {
            frames.add_sent(16 * 1024);
            frames.look(&update.repeat(16));
        }
        assert!(!is_flooded(&streams));
        // What was not needed is not saved up.
        frames.add_sent(usize::MAX);
        frames.look(&PING.repeat(2 * FEW));
        frames.look(&PING.repeat(2 * FEW));
        assert!(is_flooded(&streams));
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_now_and_then_whether_the_server_is_there_may_do_so_for_ever() {
        let (mut frames, streams) = frames();
        for _ in 0..3 * FEW {
            tokio::time::advance(PERIOD / (MOST_FREE / 2)).await;
            frames.look(PING);
        }
        assert!(!is_flooded(&streams));
    }

    #[test]
    fn little_is_read_at_once_while_frames_are_small() {
        let (mut frames, _) = frames();
        assert_eq!(frames.look(&PING.repeat(10)), 10 * FRAME_WORK);
        assert_eq!(frames.most_read(), SMALL_READ);
        let body = [b"\0\x40\0\0\0\0\0\0\x01", &[b'x'; 16_384][..]].concat();
        assert_eq!(frames.look(&body), body.len());
        assert_eq!(frames.most_read(), usize::MAX);
    }
}
