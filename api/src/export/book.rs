//! The files of an archive, written one after the other; it keeps their names, sizes and sums for the list.

use super::archive::Sum;
use crate::actions::Error;
use serde::Serialize;
use serde_json::{Map, Value};
use tokio::sync::mpsc;

/// Bytes that are collected before they are handed on.
const PIECE: usize = 65_536;

/// What is handed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A file begins; the one before is over.
    File(String),
    /// Its next bytes.
    Bytes(Vec<u8>),
    /// Everything was written.
    End,
}

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Written {
    /// Its name in the archive.
    pub name: String,
    /// Its bytes.
    pub size: usize,
    /// Of its bytes, in hexadecimal.
    pub sha256: String,
}

/// One thing as it is written: members without a value are left out.
pub type Row = Map<String, Value>;

/// See the module.
#[derive(Debug)]
pub struct Book {
    pieces: mpsc::Sender<Piece>,
    piece: Vec<u8>,
    open: Option<(String, Sum, usize)>,
    written: Vec<Written>,
}

impl Book {
    /// An empty one.
    #[must_use]
    pub fn new(pieces: mpsc::Sender<Piece>) -> Self {
        Self { pieces, piece: Vec::with_capacity(PIECE), open: None, written: Vec::new() }
    }

    /// What was written so far, for the lists, which list no list.
    pub fn take_written(&mut self) -> Vec<Written> {
        std::mem::take(&mut self.written)
    }

    /// Begins a file.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when nobody takes the pieces.
    pub async fn begin(&mut self, name: &str) -> Result<(), Error> {
        self.close().await?;
        self.open = Some((name.to_owned(), Sum::new(), 0));
        self.send(Piece::File(name.to_owned())).await
    }

    /// Goes on with it.
    ///
    /// # Errors
    /// As [`Book::begin`].
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if let Some((_, sum, size)) = &mut self.open {
            sum.add(bytes);
            *size += bytes.len();
        }
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE { self.flush().await } else { Ok(()) }
    }

    /// A file with a text.
    ///
    /// # Errors
    /// As [`Book::begin`].
    pub async fn text(&mut self, name: &str, text: &str) -> Result<(), Error> {
        self.begin(name).await?;
        self.write(text.as_bytes()).await
    }

    /// Everything was written.
    ///
    /// # Errors
    /// As [`Book::begin`].
    pub async fn end(mut self) -> Result<(), Error> {
        self.close().await?;
        self.send(Piece::End).await
    }

    /// Ends the file that is being written.
    ///
    /// # Errors
    /// As [`Book::begin`].
    pub async fn close(&mut self) -> Result<(), Error> {
        self.flush().await?;
        if let Some((name, sum, size)) = self.open.take() {
            self.written.push(Written { name, size, sha256: sum.text() });
        }
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), Error> {
        if self.piece.is_empty() {
            return Ok(());
        }
        let piece = std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE));
        self.send(Piece::Bytes(piece)).await
    }

    async fn send(&self, piece: Piece) -> Result<(), Error> {
        self.pieces.send(piece).await.map_err(|_| Error::Unavailable)
    }
}
