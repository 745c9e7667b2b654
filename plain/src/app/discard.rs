//! Reading on what a client still sends after it was answered.
//!
//! A client that is told 413 half way through an upload sees the answer only if somebody takes in
//! what it had sent already; a closed connection would take the answer with it (RFC 9112 section
//! 9.6).

use std::time::Duration;

use futures_util::StreamExt;
use http_body_util::BodyStream;

use crate::http::Body;

/// Bytes that are read at most.
const MOST: u64 = 1024 * 1024;

/// How long is waited for them at most.
const LONGEST: Duration = Duration::from_secs(5);

/// Reads a bounded part of `unread` in the background and forgets it.
pub(super) fn discard(unread: Body) {
    if !unread.is_incoming() || http_body::Body::is_end_stream(&unread) {
        return;
    }
    tokio::spawn(tokio::time::timeout(LONGEST, drain(unread)));
}

async fn drain(unread: Body) {
    let mut frames = BodyStream::new(unread);
    let mut read = 0;
    while let Some(Ok(frame)) = frames.next().await {
        read += frame.data_ref().map_or(0, |data| data.len() as u64);
        if read > MOST {
            return;
        }
    }
}
