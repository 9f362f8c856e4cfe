//! How texts leave: to a provider over HTTP, into files, or into memory.

use crate::config::SmsConfig;
use crate::files;
use crate::outgoing;
use domain::id::SmsId;
use reqwest::{StatusCode, Url, header};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Longest delivery of one text; the lease must outlast it.
pub const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// A text that leaves.
#[derive(Clone)]
pub struct OutgoingText {
    /// By which a provider knows a text that it was sent before.
    pub id: SmsId,
    /// Where to, E.164.
    pub to: String,
    /// With its code.
    pub body: String,
}

impl std::fmt::Debug for OutgoingText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OutgoingText").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Why a text did not leave. The texts name no number and no code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// May work later.
    #[error("{0}")]
    Temporary(String),
    /// Will never work.
    #[error("{0}")]
    Permanent(String),
}

/// A text that a `memory:` texter took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentText {
    /// Its id.
    pub id: SmsId,
    /// Where to.
    pub to: String,
    /// With its code.
    pub body: String,
}

/// Where texts go.
pub struct Texter {
    way: Way,
}

enum Way {
    Provider(Provider),
    Files(PathBuf),
    Memory(Mutex<Memory>),
}

struct Provider {
    client: reqwest::Client,
    url: Url,
    token: Option<SecretString>,
    sender: String,
}

#[derive(Default)]
struct Memory {
    sent: Vec<SentText>,
    failures: VecDeque<TextError>,
}

impl std::fmt::Debug for Texter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Texter").finish_non_exhaustive()
    }
}

impl Texter {
    /// From the settings: `https://…` (and `http://` to this machine) posts to a provider; `file:dir` writes
    /// one `.txt` a text; `memory:` keeps them, for tests.
    ///
    /// # Errors
    /// What is wrong with the settings; never the token in them.
    pub fn of(config: &SmsConfig) -> Result<Self, String> {
        let url = config.url.expose_secret();
        let way = if let Some(dir) = url.strip_prefix("file:") {
            let dir = PathBuf::from(dir.strip_prefix("//").unwrap_or(dir));
            files::private_folder(&dir).map_err(|error| format!("sms.url: {}: {error}", dir.display()))?;
            Way::Files(dir)
        } else if url == "memory:" {
            Way::Memory(Mutex::default())
        } else {
            Way::Provider(Provider::of(config, url)?)
        };
        Ok(Self { way })
    }

    /// What a `memory:` texter took so far, oldest first; nothing for the others.
    #[must_use]
    pub fn sent(&self) -> Vec<SentText> {
        match &self.way {
            Way::Memory(memory) => memory.lock().unwrap_or_else(PoisonError::into_inner).sent.clone(),
            Way::Provider(_) | Way::Files(_) => Vec::new(),
        }
    }

    /// Makes the next delivery of a `memory:` texter fail so; several calls fail several deliveries.
    pub fn fail_next(&self, error: TextError) {
        match &self.way {
            Way::Memory(memory) => memory.lock().unwrap_or_else(PoisonError::into_inner).failures.push_back(error),
            Way::Provider(_) | Way::Files(_) => {}
        }
    }

    /// Sends a text, within [`SEND_TIMEOUT`].
    ///
    /// # Errors
    /// [`TextError`], which says whether to try again.
    pub async fn send(&self, text: &OutgoingText) -> Result<(), TextError> {
        match &self.way {
            Way::Provider(provider) => provider.send(text).await,
            Way::Files(dir) => {
                let (dir, name) = (dir.clone(), format!("{}.txt", text.id));
                let content = format!("To: {}\n\n{}\n", text.to, text.body);
                let writing = move || files::write_whole(&dir, &name, content.as_bytes());
                match tokio::task::spawn_blocking(writing).await {
                    Ok(Ok(())) => Ok(()),
                    Ok(Err(error)) => Err(TextError::Temporary(format!("writing the file: {}", error.kind()))),
                    Err(_) => Err(TextError::Temporary("writing the file was given up".to_owned())),
                }
            }
            Way::Memory(memory) => {
                let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(error) = memory.failures.pop_front() {
                    return Err(error);
                }
                memory.sent.push(SentText { id: text.id, to: text.to.clone(), body: text.body.clone() });
                Ok(())
            }
        }
    }
}

impl Provider {
    fn of(config: &SmsConfig, url: &str) -> Result<Self, String> {
        let url = outgoing::url("sms.url", url).map_err(|why| format!("{why} or file:"))?;
        let client = outgoing::client(SEND_TIMEOUT)?;
        Ok(Self { client, url, token: config.token.clone(), sender: config.sender.clone() })
    }

    /// What the provider's own words are is not kept: they may repeat the number.
    async fn send(&self, text: &OutgoingText) -> Result<(), TextError> {
        let body = json!({ "id": text.id, "from": self.sender, "to": text.to, "text": text.body });
        let request = self.client.post(self.url.clone()).header("Idempotency-Key", text.id.to_string()).json(&body);
        let request = match &self.token {
            Some(token) => {
                let mut value = header::HeaderValue::try_from(format!("Bearer {}", token.expose_secret()))
                    .map_err(|_| TextError::Permanent("the token cannot be sent".to_owned()))?;
                value.set_sensitive(true);
                request.header(header::AUTHORIZATION, value)
            }
            None => request,
        };
        match request.send().await {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => Err(refused(answer.status())),
            Err(error) if error.is_timeout() => {
                Err(TextError::Temporary("the provider did not answer in time".to_owned()))
            }
            Err(_) => Err(TextError::Temporary("the provider cannot be reached".to_owned())),
        }
    }
}

/// What a status says: whatever an operator or time can mend is tried again.
fn refused(status: StatusCode) -> TextError {
    let why = format!("the provider answered {}", status.as_u16());
    match status {
        StatusCode::BAD_REQUEST
        | StatusCode::CONFLICT
        | StatusCode::GONE
        | StatusCode::PAYLOAD_TOO_LARGE
        | StatusCode::UNPROCESSABLE_ENTITY => TextError::Permanent(why),
        _ => TextError::Temporary(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_is_reached_over_tls_or_on_this_machine() {
        let with = |url: &str| Texter::of(&SmsConfig { url: url.into(), ..SmsConfig::default() });
        assert!(with("https://sms.example/v1/messages").is_ok());
        let refused = with("http://sms.example/").unwrap_err();
        assert_eq!(refused, "sms.url must begin with https:// (http:// only to this machine) or file:");
    }

    #[test]
    fn only_what_the_provider_says_of_the_text_itself_is_final() {
        for (status, is_final) in
            [(400, true), (422, true), (401, false), (404, false), (429, false), (503, false), (302, false)]
        {
            let told = refused(StatusCode::from_u16(status).unwrap());
            assert_eq!(matches!(told, TextError::Permanent(_)), is_final, "{status}");
        }
    }
}
