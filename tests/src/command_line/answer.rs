//! What a server answered, as it went over the wire.

use std::io::Read;

/// A response of HTTP/1.1 on a connection that was closed after it.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The body; transfer codings are left in it.
    pub body: String,
    head: String,
}

impl Answer {
    /// Reads the response until the connection is closed.
    #[track_caller]
    pub fn read(mut stream: impl Read) -> Self {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        Self::parse(&text).unwrap_or_else(|| panic!("no response: {text:?}"))
    }

    /// The response that `text` is, if it is a whole one.
    pub(super) fn whole(text: &str) -> Option<Self> {
        let answer = Self::parse(text)?;
        let length = answer.header("content-length").map(str::parse::<usize>);
        let is_whole = match length {
            Some(length) => length.ok()? == answer.body.len(),
            None => true,
        };
        is_whole.then_some(answer)
    }

    fn parse(text: &str) -> Option<Self> {
        let (head, body) = text.split_once("\r\n\r\n")?;
        let status = head.split(' ').nth(1).unwrap_or_default();
        Some(Self {
            status: status.parse().ok()?,
            body: body.to_owned(),
            head: head.to_owned(),
        })
    }

    /// The value of the first header `name`.
    pub fn header(&self, name: &str) -> Option<&str> {
        let headers = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut values = headers.filter(|(known, _)| known.eq_ignore_ascii_case(name));
        values.next().map(|(_, value)| value)
    }

    /// The name and the value of the cookie that it sets.
    pub fn cookie(&self) -> Option<&str> {
        self.header("set-cookie")?.split(';').next()
    }
}
