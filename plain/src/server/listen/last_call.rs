//! The end of a socket, such that no client is lost that could still connect to it.
//!
//! The system connects clients by itself and lets them wait to be accepted. Those that come between
//! the last look at who waits and the close of the socket are disconnected, and can't tell what
//! became of the request that they have sent by then. So first nobody new is let in; those half way
//! get the time to arrive; and only then is the socket closed.

use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time::sleep;

/// How long a client takes that is half way: a round trip between machines that are near each other.
/// Further away there is a proxy in front.
const LAST_STEPS: Duration = Duration::from_millis(50);

/// Lets nobody new begin to connect to `listener`, and waits for those who had begun.
///
/// Who comes meanwhile is not answered by the system, and asks again after a second, as after any
/// packet that was lost (RFC 6298 section 2); by then another process may listen there.
pub(super) async fn of_tcp(listener: &TcpListener) {
    if turn_away(listener) {
        sleep(LAST_STEPS).await;
    }
}

/// Waits for those who had found the file of a Unix socket before it was removed.
#[cfg(unix)]
pub(super) async fn of_file() {
    sleep(LAST_STEPS).await;
}

/// Lets the system drop the first packet of each new connection, in which SYN is set (RFC 9293
/// section 3.1); whether it does.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn turn_away(listener: &TcpListener) -> bool {
    use socket2::{SockFilter, SockRef};

    const LOAD_BYTE: u16 = 0x30;
    const JUMP_IF_SET: u16 = 0x45;
    const RETURN: u16 = 0x06;
    const FLAGS: u32 = 13;
    const SYN: u32 = 0x02;
    const NOTHING: u32 = 0;
    const WHOLE_PACKET: u32 = u32::MAX;
    let filter = [
        SockFilter::new(LOAD_BYTE, 0, 0, FLAGS),
        SockFilter::new(JUMP_IF_SET, 0, 1, SYN),
        SockFilter::new(RETURN, 0, 0, NOTHING),
        SockFilter::new(RETURN, 0, 0, WHOLE_PACKET),
    ];
    SockRef::from(listener).attach_filter(&filter).is_ok()
}

/// Other systems can't be told to.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn turn_away(_listener: &TcpListener) -> bool {
    false
}
