//! An uploaded file: in memory while it is small, else in a temporary file.

use std::fmt;
use std::io;
use std::path::Path;

use bytes::{Bytes, BytesMut};
use tempfile::{NamedTempFile, TempPath};
use tokio::fs::File;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};

/// A file that a client uploaded in a multipart form. Its temporary file, if it has one, is deleted
/// when the request ends.
pub struct UploadedFile {
    field: String,
    name: String,
    content_type: String,
    size: u64,
    content: Content,
}

enum Content {
    Memory(Bytes),
    Disk(TempPath),
}

impl UploadedFile {
    /// The name of the form's field.
    pub fn field(&self) -> &str {
        &self.field
    }

    /// The name that the client gave the file, without folders. It is the client's word: show it,
    /// but don't store the file under it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The media type that the client gave, which need not be true.
    pub fn content_type(&self) -> &str {
        &self.content_type
    }

    /// The size in bytes.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Opens the content for reading, from its start. A file can be opened several times.
    ///
    /// # Errors
    ///
    /// If the temporary file can't be opened.
    pub async fn open(&self) -> io::Result<impl AsyncRead + Send + Unpin + use<>> {
        let reader: Box<dyn AsyncRead + Send + Unpin> = match &self.content {
            Content::Memory(bytes) => Box::new(io::Cursor::new(bytes.clone())),
            Content::Disk(path) => Box::new(File::open(path).await?),
        };
        Ok(reader)
    }

    /// The whole content, in memory.
    ///
    /// # Errors
    ///
    /// If the temporary file can't be read.
    pub async fn bytes(&self) -> io::Result<Bytes> {
        if let Content::Memory(bytes) = &self.content {
            return Ok(bytes.clone());
        }
        let mut whole = Vec::new();
        self.open().await?.read_to_end(&mut whole).await?;
        Ok(whole.into())
    }

    /// Copies the content to a new file at `path`. What was written is taken away if that fails.
    ///
    /// # Errors
    ///
    /// If there is a file at `path` already, or it can't be written.
    pub async fn save_to(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let path = path.as_ref();
        let mut source = self.open().await?;
        let mut target = File::create_new(path).await?;
        let copied = async {
            tokio::io::copy(&mut source, &mut target).await?;
            target.flush().await
        };
        if let Err(error) = copied.await {
            let _ = tokio::fs::remove_file(path).await;
            return Err(error);
        }
        Ok(())
    }
}

impl fmt::Debug for UploadedFile {
    /// Without the content and the client's name for it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UploadedFile")
            .field("field", &self.field)
            .field("size", &self.size)
            .finish_non_exhaustive()
    }
}

/// Takes in a file's content, and moves from memory to disk when it grows.
pub(super) struct Spool {
    memory: BytesMut,
    memory_limit: u64,
    disk: Option<(File, TempPath)>,
    size: u64,
}

impl Spool {
    /// A spool that keeps up to `memory_limit` bytes in memory.
    pub(super) fn new(memory_limit: u64) -> Self {
        Self {
            memory: BytesMut::new(),
            memory_limit,
            disk: None,
            size: 0,
        }
    }

    /// How many bytes of it are in memory.
    pub(super) fn in_memory(&self) -> usize {
        self.memory.len()
    }

    pub(super) async fn write(&mut self, chunk: &[u8]) -> io::Result<()> {
        self.size += chunk.len() as u64;
        if let Some((file, _)) = &mut self.disk {
            return file.write_all(chunk).await;
        }
        self.memory.extend_from_slice(chunk);
        if self.size > self.memory_limit {
            let (file, _) = self.disk.insert(temporary_file().await?);
            file.write_all(&std::mem::take(&mut self.memory)).await?;
        }
        Ok(())
    }

    /// The finished file, under what the client said of it.
    pub(super) async fn finish(
        self,
        field: String,
        client_name: &str,
        content_type: String,
    ) -> io::Result<UploadedFile> {
        let content = match self.disk {
            None => Content::Memory(self.memory.freeze()),
            Some((mut file, path)) => {
                file.flush().await?;
                Content::Disk(path)
            }
        };
        Ok(UploadedFile {
            field,
            name: base_name(client_name),
            content_type,
            size: self.size,
            content,
        })
    }
}

/// A new file that only this user can read, under a name that nobody can guess.
async fn temporary_file() -> io::Result<(File, TempPath)> {
    let created = tokio::task::spawn_blocking(NamedTempFile::new).await;
    let (file, path) = created.map_err(io::Error::other)??.into_parts();
    Ok((File::from_std(file), path))
}

/// What stands after the last slash or backslash, without characters that no file name should have.
fn base_name(client_name: &str) -> String {
    let last = client_name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = last.chars().filter(|c| !c.is_control()).collect();
    match name.trim() {
        "" | "." | ".." => "file".to_owned(),
        name => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_file_is_never_a_path() {
        for (sent, kept) in [
            ("cat.jpg", "cat.jpg"),
            ("../../etc/passwd", "passwd"),
            (r"C:\Users\me\cat.jpg", "cat.jpg"),
            ("a/..", "file"),
            ("a\0b\n.txt", "ab.txt"),
            ("/", "file"),
            ("Ätna 1.jpg", "Ätna 1.jpg"),
        ] {
            assert_eq!(base_name(sent), kept);
        }
    }

    #[tokio::test]
    async fn a_file_beyond_the_limit_lies_on_disk_until_it_is_dropped() {
        let mut spool = Spool::new(4);
        spool.write(b"1234").await.unwrap();
        assert!(spool.disk.is_none());
        spool.write(b"5").await.unwrap();
        let file = spool.finish("f".into(), "f", String::new()).await.unwrap();
        let Content::Disk(path) = &file.content else {
            panic!("the file is in memory");
        };
        let path = path.to_path_buf();
        assert_eq!(file.bytes().await.unwrap(), "12345");
        assert!(path.exists());
        drop(file);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn saving_never_overwrites() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("photo");
        let mut spool = Spool::new(100);
        spool.write(b"new").await.unwrap();
        let file = spool.finish("f".into(), "f", String::new()).await.unwrap();
        file.save_to(&path).await.unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"new");
        let again = file.save_to(&path).await.unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
    }
}
