//! Work that waits until a test lets it go on.

use std::env;

use plain::http::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

/// Says that `what` has begun, and waits until it is let go on; without a gate it goes on at once.
pub(crate) async fn pass(what: &str) -> Result<()> {
    let Some(gate) = env::var_os("SITE_GATE") else {
        return Ok(());
    };
    let mut stream = UnixStream::connect(gate).await?;
    stream.write_all(format!("{what}\n").as_bytes()).await?;
    let mut end = Vec::new();
    stream.read_to_end(&mut end).await?;
    Ok(())
}
