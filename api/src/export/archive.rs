//! Makes the archive: pieces of files go in on one side, parts of a zip come out on the other. It works on a
//! thread for what blocks, holds a few pieces at a time, and never more than one part.

use super::book::Piece;
use aws_lc_rs::digest;
use chrono::{DateTime, Datelike, Timelike, Utc};
use std::io::{self, Write};
use tokio::sync::mpsc;
use zip::CompressionMethod;
use zip::result::ZipError;
use zip::write::{SimpleFileOptions, ZipWriter};

/// Why there is no archive.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The one who writes the files gave up.
    #[error("the files were not written to their end")]
    Unfinished,
    /// The zip library's.
    #[error("zip: {0}")]
    Zip(#[from] ZipError),
    /// Nobody takes the parts any more.
    #[error("parts: {0}")]
    Parts(#[from] io::Error),
    /// More parts or bytes than can be counted.
    #[error("the archive is too large")]
    TooLarge,
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Bytes.
    pub size: i64,
    /// SHA-256 in hexadecimal.
    pub sha256: String,
}

/// Zips what comes until it is finished. Blocks.
///
/// # Errors
/// [`ArchiveError`]; then some parts may be out already.
pub fn zip(
    mut pieces: mpsc::Receiver<Piece>,
    parts: mpsc::Sender<Vec<u8>>,
    part_size: usize,
    made_at: DateTime<Utc>,
) -> Result<Made, ArchiveError> {
    let sink = Cutter { part: Vec::with_capacity(part_size), part_size, out: parts, sum: Sum::new(), size: 0 };
    let mut zip = ZipWriter::new_stream(sink);
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(dated(made_at))
        .unix_permissions(0o600);
    loop {
        match pieces.blocking_recv() {
            None => return Err(ArchiveError::Unfinished),
            Some(Piece::File(name)) => zip.start_file(name, options)?,
            Some(Piece::Bytes(bytes)) => zip.write_all(&bytes)?,
            Some(Piece::End) => return zip.finish()?.into_inner().finish(),
        }
    }
}

/// SHA-256 of what passes.
pub struct Sum(digest::Context);

impl std::fmt::Debug for Sum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sum").finish_non_exhaustive()
    }
}

impl Sum {
    /// Of nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self(digest::Context::new(&digest::SHA256))
    }

    /// Goes on with these bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// In hexadecimal.
    #[must_use]
    pub fn text(self) -> String {
        crate::seal::hex(self.0.finish().as_ref())
    }
}

impl Default for Sum {
    fn default() -> Self {
        Self::new()
    }
}

/// Cuts what is written into parts.
struct Cutter {
    part: Vec<u8>,
    part_size: usize,
    out: mpsc::Sender<Vec<u8>>,
    sum: Sum,
    size: usize,
}

impl Cutter {
    fn send(&mut self) -> io::Result<()> {
        let part = std::mem::replace(&mut self.part, Vec::with_capacity(self.part_size));
        self.out.blocking_send(part).map_err(|_| io::Error::new(io::ErrorKind::BrokenPipe, "nobody takes them"))
    }

    fn finish(mut self) -> Result<Made, ArchiveError> {
        if !self.part.is_empty() {
            self.send()?;
        }
        let size = i64::try_from(self.size).map_err(|_| ArchiveError::TooLarge)?;
        Ok(Made { size, sha256: self.sum.text() })
    }
}

impl Write for Cutter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = self.part_size.saturating_sub(self.part.len());
        let taken = bytes.get(..room.min(bytes.len())).unwrap_or_default();
        self.part.extend_from_slice(taken);
        self.sum.add(taken);
        self.size += taken.len();
        if self.part.len() >= self.part_size {
            self.send()?;
        }
        Ok(taken.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// As zip writes instants: without a zone, every two seconds, from 1980 to 2107.
fn dated(at: DateTime<Utc>) -> zip::DateTime {
    let small = |value: u32| u8::try_from(value).unwrap_or_default();
    let year = u16::try_from(at.year()).unwrap_or_default();
    zip::DateTime::from_date_and_time(
        year,
        small(at.month()),
        small(at.day()),
        small(at.hour()),
        small(at.minute()),
        small(at.second()),
    )
    .unwrap_or_default()
}
