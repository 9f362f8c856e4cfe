//! Who says whether a VAT id exists: its form alone, or VIES, the register of the European Commission, over its
//! REST interface (`POST …/check-vat-number`).

use crate::config::Config;
use crate::outgoing;
use domain::identifier::VatId;
use reqwest::Url;
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;

/// Longest wait for one answer; a lease must outlast it.
pub const CHECK_TIMEOUT: Duration = Duration::from_secs(20);
/// More than any answer of the register.
const MAX_ANSWER: usize = 64 * 1024;

/// What the register answered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    /// The id exists and may be used within the Union on that day.
    pub valid: bool,
    /// Under which the register knows that it was asked: only given to a requester that has a VAT id itself.
    pub consultation_number: Option<String>,
    /// Whose it is, where the member state tells.
    pub name: Option<String>,
    /// Where they are.
    pub address: Option<String>,
}

/// The register did not answer: that says nothing of the id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unavailable(pub String);

/// The register.
#[derive(Debug)]
pub struct Vies {
    client: reqwest::Client,
    url: Url,
    /// Country and number of whoever asks.
    requester: (String, String),
}

/// What it answers, and how it says that it does not.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    valid: Option<bool>,
    request_identifier: Option<String>,
    name: Option<String>,
    address: Option<String>,
    user_error: Option<String>,
    #[serde(default)]
    error_wrappers: Vec<ErrorWrapper>,
}

#[derive(Deserialize)]
struct ErrorWrapper {
    error: String,
}

impl Vies {
    /// From the settings; `None` where the form has to do.
    ///
    /// # Errors
    /// What is wrong with the settings.
    pub fn of(config: &Config) -> Result<Option<Self>, String> {
        let base = &config.tax.vies_url;
        if base.is_empty() {
            return Ok(None);
        }
        let url = outgoing::url("tax.vies_url", &format!("{}/check-vat-number", base.trim_end_matches('/')))?;
        let client = outgoing::client(CHECK_TIMEOUT)?;
        // it gives a consultation number to nobody else
        let requester = config.seller.vat_id.parse::<VatId>().ok().and_then(|id| split(id.as_str()));
        let requester = requester.ok_or("tax.vies_url: seller.vat_id must be the VAT id of who asks")?;
        Ok(Some(Self { client, url, requester }))
    }

    /// Asks for one id, with its country prefix, within [`CHECK_TIMEOUT`].
    ///
    /// # Errors
    /// [`Unavailable`] whenever it gave no answer.
    pub async fn check(&self, vat_id: &str) -> Result<Answer, Unavailable> {
        let Some((country, number)) = split(vat_id) else { return Ok(Answer::default()) };
        let question = json!({
            "countryCode": country,
            "vatNumber": number,
            "requesterMemberStateCode": self.requester.0,
            "requesterNumber": self.requester.1,
        });
        let sent = self.client.post(self.url.clone()).json(&question).send().await;
        let answer = sent.map_err(|error| away(&error))?;
        let status = answer.status();
        let bytes = outgoing::body(answer, MAX_ANSWER).await.map_err(|error| away(&error))?;
        let bytes = bytes.ok_or_else(|| Unavailable("the register's answer is too long".to_owned()))?;
        let body: Body = serde_json::from_slice(&bytes)
            .map_err(|_| Unavailable(format!("the register answered {} with no JSON", status.as_u16())))?;
        if !status.is_success() && body.valid.is_some() {
            return Err(Unavailable(format!("the register answered {}", status.as_u16())));
        }
        read(body).map_err(|why| Unavailable(format!("the register answered {}: {why}", status.as_u16())))
    }
}

/// What an answer says; otherwise why it is none.
fn read(body: Body) -> Result<Answer, String> {
    let why = body.error_wrappers.into_iter().map(|wrapper| wrapper.error).next().or(body.user_error);
    match (why.as_deref(), body.valid) {
        (None | Some("VALID" | "INVALID"), Some(valid)) => Ok(Answer {
            valid,
            consultation_number: told(body.request_identifier, 64),
            name: told(body.name, 255),
            address: told(body.address, 500),
        }),
        (Some(why), _) => Err(why.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(64).collect()),
        (None, None) => Err("nothing".to_owned()),
    }
}

/// A text of an answer; states that tell nothing write dashes.
fn told(text: Option<String>, longest: usize) -> Option<String> {
    let text: String = text?.trim().chars().take(longest).collect();
    (!text.chars().all(|c| c == '-')).then_some(text)
}

/// Country prefix and number.
fn split(vat_id: &str) -> Option<(String, String)> {
    let (country, number) = vat_id.split_at_checked(2)?;
    (!number.is_empty()).then(|| (country.to_owned(), number.to_owned()))
}

fn away(error: &reqwest::Error) -> Unavailable {
    let why = if error.is_timeout() { "did not answer in time" } else { "cannot be reached" };
    Unavailable(format!("the register {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(body: serde_json::Value) -> Result<Answer, String> {
        read(serde_json::from_value(body).unwrap())
    }

    #[test]
    fn an_outage_says_nothing_of_the_id() {
        for (body, why) in [
            (json!({ "actionSucceed": false, "errorWrappers": [{ "error": "MS_UNAVAILABLE" }] }), "MS_UNAVAILABLE"),
            (json!({ "actionSucceed": false, "errorWrappers": [{ "error": "INVALID_INPUT" }] }), "INVALID_INPUT"),
            (json!({ "valid": false, "userError": "MS_MAX_CONCURRENT_REQ" }), "MS_MAX_CONCURRENT_REQ"),
            (json!({ "valid": false, "userError": "<b>no\n" }), "bno"),
            (json!({}), "nothing"),
        ] {
            assert_eq!(answered(body), Err(why.to_owned()));
        }
    }

    #[test]
    fn an_answer_is_kept_as_evidence() {
        let told = json!({
            "valid": true, "requestIdentifier": "WAPIAAAAY1", "name": "Muster GmbH", "address": "---", "userError": "VALID",
        });
        let name = Some("Muster GmbH".to_owned());
        let number = Some("WAPIAAAAY1".to_owned());
        assert_eq!(answered(told), Ok(Answer { valid: true, consultation_number: number, name, address: None }));
        assert_eq!(answered(json!({ "valid": false, "name": "", "userError": "INVALID" })), Ok(Answer::default()));
    }

    #[test]
    fn it_is_asked_over_tls_or_on_this_machine() {
        let with = |url: &str| {
            let mut config = Config::default();
            config.tax.vies_url = url.to_owned();
            Vies::of(&config).map(|vies| vies.map(|vies| vies.url.to_string()))
        };
        assert_eq!(with(""), Ok(None));
        let found = with("https://ec.europa.eu/taxation_customs/vies/rest-api/").unwrap();
        assert_eq!(found.as_deref(), Some("https://ec.europa.eu/taxation_customs/vies/rest-api/check-vat-number"));
        assert!(with("http://127.0.0.1:9").is_ok());
        let mut nobody = Config::default();
        nobody.tax.vies_url = "https://ec.europa.eu".to_owned();
        nobody.seller.vat_id = "FR00".to_owned();
        assert!(Vies::of(&nobody).unwrap_err().contains("seller.vat_id"));
        for url in ["http://ec.europa.eu", "ec.europa.eu", "ftp://x"] {
            assert!(with(url).is_err(), "{url}");
        }
    }
}
