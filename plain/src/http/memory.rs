//! How much memory the bodies of all requests may take together.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::body_error::BodyError;
use super::request::Request;

/// What an application keeps in memory of the bodies that it reads; it is shared by all requests.
#[derive(Clone, Debug)]
pub(crate) struct BodyMemory {
    most: u64,
    taken: Arc<AtomicU64>,
}

impl BodyMemory {
    /// Room for `most` bytes.
    pub(crate) fn new(most: u64) -> Self {
        Self {
            most,
            taken: Arc::default(),
        }
    }
}

/// What the body of one request takes; given back when it is dropped.
#[derive(Debug, Default)]
pub(super) struct Share {
    /// `None` for a request that was made without an application.
    memory: Option<BodyMemory>,
    bytes: u64,
}

impl Share {
    /// Nothing yet of what the application of `request` has.
    pub(super) fn of(request: &Request) -> Self {
        Self {
            memory: request.services().get::<BodyMemory>().cloned(),
            bytes: 0,
        }
    }

    /// Takes `bytes` more.
    pub(super) fn take(&mut self, bytes: usize) -> Result<(), BodyError> {
        let Some(memory) = &self.memory else {
            return Ok(());
        };
        let bytes = bytes as u64;
        let before = memory.taken.fetch_add(bytes, Relaxed);
        self.bytes += bytes;
        // What is too much is given back with the rest.
        match before.saturating_add(bytes) > memory.most {
            true => Err(BodyError::NoRoom { limit: memory.most }),
            false => Ok(()),
        }
    }

    /// Takes over what `other` has.
    pub(super) fn merge(&mut self, mut other: Self) {
        self.bytes += std::mem::take(&mut other.bytes);
        self.memory = self.memory.take().or(other.memory.take());
    }

    /// Gives `bytes` back.
    pub(super) fn give_back(&mut self, bytes: u64) {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        if let Some(memory) = &self.memory {
            memory.taken.fetch_sub(bytes, Relaxed);
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.give_back(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::super::testing::request_of;
    use super::*;
    use crate::services::Services;

    fn services(most: u64) -> Services {
        let mut services = Services::builder();
        services.insert(BodyMemory::new(most));
        services.build()
    }

    #[tokio::test]
    async fn what_all_bodies_take_together_has_a_limit_and_is_given_back() {
        let services = services(10);
        let post = |body| request_of("POST", "/", [], body, services.clone());
        let first = post("123456");
        assert_eq!(first.bytes().await.unwrap(), "123456");
        let second = post("12345");
        let error = second.bytes().await.unwrap_err();
        assert_eq!(error.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(error.headers()["retry-after"], "1");
        assert_eq!(post("1234").bytes().await.unwrap(), "1234");
        drop(first);
        assert_eq!(post("1234567890").bytes().await.unwrap(), "1234567890");
    }

    #[tokio::test]
    async fn a_file_counts_only_while_it_is_in_memory() {
        let services = services(300 * 1024);
        let form = |size: usize| {
            let start = "--b\r\ncontent-disposition: form-data; name=f; filename=f\r\n\r\n";
            let body = format!("{start}{}\r\n--b--\r\n", "x".repeat(size));
            let kind = [("content-type", "multipart/form-data; boundary=b")];
            request_of("POST", "/", kind, body, services.clone())
        };
        let small = form(200 * 1024);
        assert_eq!(small.multipart().await.unwrap().files().len(), 1);
        let another = form(200 * 1024).multipart().await.map(drop).unwrap_err();
        assert_eq!(another.status(), StatusCode::SERVICE_UNAVAILABLE);
        drop(small);
        let large = form(1024 * 1024);
        assert_eq!(large.multipart().await.unwrap().files().len(), 1);
        assert!(form(200 * 1024).multipart().await.is_ok());
    }
}
