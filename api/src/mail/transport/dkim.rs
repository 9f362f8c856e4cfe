//! DKIM signatures (RFC 6376, RFC 8463): the sender's domain answers for the mail.
//!
//! The key comes as PEM: PKCS#1 or PKCS#8 for RSA of 2048 bits or more, PKCS#8 for Ed25519. It is read
//! once, at the start, and never printed. Two keys of different kinds make two signatures.

use crate::config::{DkimSettings, MailConfig};
use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair, RsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use lettre::Message;
use lettre::message::dkim::{
    DkimCanonicalization, DkimCanonicalizationType, DkimConfig, DkimSigningAlgorithm, DkimSigningKey,
};
use lettre::message::header::HeaderName;
use secrecy::ExposeSecret;

/// What is signed, where a mail has it. What stands here once more than a mail has it cannot be added to the
/// mail: a second sender or subject would break the signature.
const SIGNED: [&str; 19] = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
    "Reply-To",
    "Auto-Submitted",
    "Content-Language",
    "Feedback-ID",
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Content-Type",
    "Reply-To",
];
/// Fewest bits of an RSA key.
const MIN_BITS: usize = 2048;

/// The signatures that every mail gets.
pub(super) struct Signers(Vec<DkimConfig>);

impl Signers {
    /// None.
    pub(super) const fn none() -> Self {
        Self(Vec::new())
    }

    /// Those of the settings, for mails of a sender.
    ///
    /// # Errors
    /// What is wrong with them; never a part of a key.
    pub(super) fn of(config: &MailConfig, sender: &str) -> Result<Self, String> {
        let mut signers = Vec::new();
        for (name, settings) in [("mail.dkim", &config.dkim), ("mail.dkim_second", &config.dkim_second)] {
            if let Some(signer) = signer(settings, sender).map_err(|error| format!("{name}: {error}"))? {
                signers.push(signer);
            }
        }
        Ok(Self(signers))
    }

    /// The bytes that leave: the message behind its signatures.
    pub(super) fn signed(&self, message: &Message) -> Vec<u8> {
        let mut bytes = Vec::new();
        for signer in &self.0 {
            // each on a copy of its own: a second one would take the first one's place
            let mut copy = message.clone();
            copy.sign(signer);
            let headers = copy.headers().to_string();
            if let Some(at) = headers.find("DKIM-Signature:") {
                bytes.extend_from_slice(field(headers.get(at..).unwrap_or_default()).as_bytes());
            }
        }
        bytes.extend_from_slice(&message.formatted());
        bytes
    }
}

/// The first field of these headers, with the lines that continue it.
fn field(headers: &str) -> &str {
    let ends = headers.match_indices("\r\n").map(|(at, _)| at + 2);
    let end = ends.into_iter().find(|end| !headers.get(*end..).unwrap_or_default().starts_with([' ', '\t']));
    headers.get(..end.unwrap_or(headers.len())).unwrap_or_default()
}

fn signer(settings: &DkimSettings, sender: &str) -> Result<Option<DkimConfig>, String> {
    let Some(key) = private_key(settings, sender)? else { return Ok(None) };
    let canonical =
        DkimCanonicalization { header: DkimCanonicalizationType::Relaxed, body: DkimCanonicalizationType::Relaxed };
    let headers = SIGNED.into_iter().map(HeaderName::new_from_ascii_str).collect();
    let (selector, domain) = (settings.selector.clone(), settings.domain.clone());
    Ok(Some(DkimConfig::new(selector, domain, key.signing()?, headers, canonical)))
}

/// What the domain's DNS must say about the keys of the settings, as lines of a zone.
///
/// # Errors
/// What is wrong with them; never a part of a key.
pub(super) fn records(config: &MailConfig, sender: &str) -> Result<Vec<String>, String> {
    let mut records = Vec::new();
    for (name, settings) in [("mail.dkim", &config.dkim), ("mail.dkim_second", &config.dkim_second)] {
        let key = private_key(settings, sender).map_err(|error| format!("{name}: {error}"))?;
        if let Some(key) = key {
            let value = key.published()?;
            // a text of the DNS has at most 255 bytes; several are read as one
            let texts: Vec<String> = value
                .as_bytes()
                .chunks(255)
                .map(|part| format!("\"{}\"", part.iter().map(|byte| char::from(*byte)).collect::<String>()))
                .collect();
            let (selector, domain) = (&settings.selector, &settings.domain);
            records.push(format!("{selector}._domainkey.{domain}. IN TXT {}", texts.join(" ")));
        }
    }
    Ok(records)
}

/// The checked key of a signature; none where nothing is set.
fn private_key(settings: &DkimSettings, sender: &str) -> Result<Option<PrivateKey>, String> {
    let pem = match (&settings.key, &settings.key_file) {
        (None, None) if settings.domain.is_empty() && settings.selector.is_empty() => return Ok(None),
        (Some(_), Some(_)) => return Err("`key` and `key_file` exclude each other".to_owned()),
        (Some(key), None) => key.expose_secret().to_owned(),
        (None, Some(file)) => {
            std::fs::read_to_string(file).map_err(|error| format!("{}: {}", file.display(), error.kind()))?
        }
        (None, None) => return Err("a `key` or a `key_file` is missing".to_owned()),
    };
    let label = |text: &str| {
        let known = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        !text.is_empty() && text.split('.').all(|part| (1..64).contains(&part.len()) && part.chars().all(known))
    };
    if !label(&settings.domain) || !label(&settings.selector) {
        return Err("`domain` and `selector` must be names of the DNS".to_owned());
    }
    let above = sender.eq_ignore_ascii_case(&settings.domain)
        || sender.to_ascii_lowercase().ends_with(&format!(".{}", settings.domain.to_ascii_lowercase()));
    if !above {
        return Err("`domain` must be the domain of `mail_from` or one above it".to_owned());
    }
    PrivateKey::read(&pem).map(Some)
}

enum PrivateKey {
    /// PKCS#1.
    Rsa(Vec<u8>),
    /// The seed.
    Ed25519(Vec<u8>),
}

const UNREADABLE: &str = "the key is no private key in PEM (RSA as PKCS#1 or PKCS#8, Ed25519 as PKCS#8)";

impl PrivateKey {
    fn read(pem: &str) -> Result<Self, String> {
        // an environment variable often has `\n` for the line ends
        let pem = pem.replace("\\n", "\n");
        let key = match body(&pem, "RSA PRIVATE KEY") {
            Some(der) => Self::Rsa(der),
            None => match unwrapped(&body(&pem, "PRIVATE KEY").ok_or(UNREADABLE)?).ok_or(UNREADABLE)? {
                (RSA, inner) => Self::Rsa(inner.to_owned()),
                (ED25519, inner) => {
                    let (0x04, seed, _) = tlv(inner).ok_or(UNREADABLE)? else { return Err(UNREADABLE.to_owned()) };
                    Self::Ed25519(seed.to_owned())
                }
                _ => return Err("the key must be RSA or Ed25519".to_owned()),
            },
        };
        if let Self::Rsa(der) = &key
            && bits(der).ok_or(UNREADABLE)? < MIN_BITS
        {
            return Err(format!("an RSA key needs {MIN_BITS} bits"));
        }
        Ok(key)
    }

    fn signing(&self) -> Result<DkimSigningKey, String> {
        let (text, algorithm) = match self {
            Self::Rsa(der) => (armoured(der), DkimSigningAlgorithm::Rsa),
            Self::Ed25519(seed) => (STANDARD.encode(seed), DkimSigningAlgorithm::Ed25519),
        };
        DkimSigningKey::new(&text, algorithm).map_err(|_| UNREADABLE.to_owned())
    }

    /// The public half, as the DNS has it (RFC 6376 section 3.6.1, RFC 8463 section 4).
    fn published(&self) -> Result<String, String> {
        let (kind, public) = match self {
            Self::Rsa(der) => {
                let pair = RsaKeyPair::from_der(der).map_err(|_| UNREADABLE)?;
                let public: PublicKeyX509Der<'_> = pair.public_key().as_der().map_err(|_| UNREADABLE)?;
                ("rsa", STANDARD.encode(public.as_ref()))
            }
            Self::Ed25519(seed) => {
                let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| UNREADABLE)?;
                ("ed25519", STANDARD.encode(pair.public_key().as_ref()))
            }
        };
        Ok(format!("v=DKIM1; k={kind}; p={public}"))
    }
}

const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const ED25519: &[u8] = &[0x2b, 0x65, 0x70];

/// The bytes between the lines of a PEM block.
fn body(pem: &str, label: &str) -> Option<Vec<u8>> {
    let (_, rest) = pem.split_once(&format!("-----BEGIN {label}-----"))?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
    let packed: String = body.chars().filter(|c| !c.is_whitespace()).collect();
    STANDARD.decode(packed).ok()
}

fn armoured(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = String::from("-----BEGIN RSA PRIVATE KEY-----\n");
    for line in text.as_bytes().chunks(64) {
        pem.extend(line.iter().map(|byte| char::from(*byte)));
        pem.push('\n');
    }
    pem.push_str("-----END RSA PRIVATE KEY-----\n");
    pem
}

/// Tag, value and rest of a DER element.
fn tlv(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = if *first < 0x80 {
        (usize::from(*first), rest)
    } else {
        let count = usize::from(first & 0x7f);
        if !(1..=3).contains(&count) {
            return None;
        }
        let (bytes, rest) = rest.split_at_checked(count)?;
        (bytes.iter().fold(0, |sum, byte| sum * 256 + usize::from(*byte)), rest)
    };
    let (value, rest) = rest.split_at_checked(length)?;
    Some((*tag, value, rest))
}

/// Algorithm and key of a PKCS#8 structure (RFC 5208).
fn unwrapped(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (_, whole, _) = tlv(der)?;
    let (_, _version, rest) = tlv(whole)?;
    let (_, algorithm, rest) = tlv(rest)?;
    let (_, oid, _) = tlv(algorithm)?;
    let (_, key, _) = tlv(rest)?;
    Some((oid, key))
}

/// Bits of the modulus of a PKCS#1 key (RFC 8017).
fn bits(der: &[u8]) -> Option<usize> {
    let (_, whole, _) = tlv(der)?;
    let (_, _version, rest) = tlv(whole)?;
    let (_, modulus, _) = tlv(rest)?;
    let modulus = modulus.iter().position(|byte| *byte != 0).and_then(|at| modulus.get(at..))?;
    let first = modulus.first()?;
    Some(modulus.len() * 8 - usize::try_from(first.leading_zeros()).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::encoding::Pkcs8V1Der;
    use aws_lc_rs::rsa::KeySize;
    use lettre::message::MultiPart;
    use std::fmt::Write as _;

    /// The key of RFC 8463, appendix A.
    const SEED: &str = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";
    const PUBLIC: &str = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

    fn pem(der: &[u8]) -> String {
        format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der))
    }

    fn ed25519() -> String {
        let mut der = vec![0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
        der.extend(STANDARD.decode(SEED).unwrap());
        pem(&der)
    }

    fn rsa(size: KeySize) -> (Vec<u8>, String) {
        let pair = RsaKeyPair::generate(size).unwrap();
        let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        let public: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
        (der.as_ref().to_vec(), STANDARD.encode(public.as_ref()))
    }

    fn settings(key: &str) -> DkimSettings {
        DkimSettings {
            domain: "tacit.example".to_owned(),
            selector: "s1".to_owned(),
            key: Some(key.to_owned().into()),
            key_file: None,
        }
    }

    fn both(first: &str, second: &str) -> MailConfig {
        let second = DkimSettings { selector: "s2".to_owned(), ..settings(second) };
        MailConfig { dkim: settings(first), dkim_second: second, ..MailConfig::default() }
    }

    #[test]
    fn the_records_have_the_public_halves_in_texts_of_255_bytes() {
        let (der, public) = rsa(KeySize::Rsa2048);
        let records = records(&both(&pem(&der), &ed25519()), "mail.tacit.example").unwrap();
        let [first, second] = records.as_slice() else { panic!("{records:?}") };
        assert_eq!(second, &format!("s2._domainkey.tacit.example. IN TXT \"v=DKIM1; k=ed25519; p={PUBLIC}\""));
        let (name, texts) = first.split_once(" IN TXT ").unwrap();
        assert_eq!(name, "s1._domainkey.tacit.example.");
        let texts: Vec<&str> = texts.split("\" \"").collect();
        assert!(texts.len() == 2 && texts.iter().all(|text| text.trim_matches('"').len() <= 255), "{texts:?}");
        assert_eq!(texts.concat().replace('"', ""), format!("v=DKIM1; k=rsa; p={public}"));
        // PKCS#1, and line ends written as in an environment variable
        let inner = armoured(unwrapped(&der).unwrap().1).replace('\n', "\\n");
        assert_eq!(PrivateKey::read(&inner).unwrap().published(), Ok(format!("v=DKIM1; k=rsa; p={public}")));
    }

    #[test]
    fn each_key_signs_once_and_covers_what_matters() {
        let (der, _) = rsa(KeySize::Rsa2048);
        let signers = Signers::of(&both(&pem(&der), &ed25519()), "tacit.example").unwrap();
        let message = Message::builder()
            .from("no-reply@tacit.example".parse().unwrap())
            .to("ada@example.org".parse().unwrap())
            .subject("Élan ".repeat(30))
            .message_id(Some("<1@tacit.example>".to_owned()))
            .multipart(MultiPart::alternative_plain_html("text".to_owned(), "<p>text</p>".to_owned()))
            .unwrap();
        let signed = String::from_utf8(signers.signed(&message)).unwrap();
        let (head, _) = signed.split_once("\r\n\r\n").unwrap();
        assert_eq!(head.matches("DKIM-Signature: ").count(), 2, "{head}");
        assert!(head.contains("a=rsa-sha256") && head.contains("a=ed25519-sha256"), "{head}");
        assert!(signed.ends_with(&String::from_utf8(message.formatted()).unwrap()), "the mail itself is unchanged");
        let flat = head.replace("\r\n ", " ").to_ascii_lowercase();
        for name in ["from", "to", "subject", "date", "message-id", "mime-version", "content-type"] {
            assert!(flat.split("h=").nth(1).unwrap().split(';').next().unwrap().contains(name), "{name}: {flat}");
        }
        assert_eq!(Signers::none().signed(&message), message.formatted());
    }

    #[test]
    fn what_cannot_sign_is_refused_without_a_word_of_the_key() {
        let refused = |settings: DkimSettings, sender: &str| {
            let error = private_key(&settings, sender).err().unwrap_or_default();
            assert!(!error.contains(SEED), "{error}");
            error
        };
        let key = ed25519();
        let mut found = String::new();
        for (settings, sender) in [
            (settings("no key"), "tacit.example"),
            (settings(&key), "other.example"),
            (settings(&key), "eviltacit.example"),
            (DkimSettings { selector: "a b".to_owned(), ..settings(&key) }, "tacit.example"),
            (DkimSettings { key: None, ..settings(&key) }, "tacit.example"),
            (DkimSettings { key_file: Some("x".into()), ..settings(&key) }, "tacit.example"),
        ] {
            writeln!(found, "{}", refused(settings, sender)).unwrap();
        }
        assert_eq!(found.lines().filter(|line| !line.is_empty()).count(), 6, "{found}");
        let modulus = [&[0x02, 0x81, 0x81, 0x00, 0x80][..], &[1; 127]].concat();
        let short = [&[0x30, 0x81, 0x87, 2, 1, 0][..], &modulus].concat();
        assert_eq!(PrivateKey::read(&armoured(&short)).err().unwrap(), "an RSA key needs 2048 bits");
        assert_eq!(bits(unwrapped(&rsa(KeySize::Rsa2048).0).unwrap().1), Some(2048));
        assert!(private_key(&DkimSettings::default(), "tacit.example").unwrap().is_none());
    }
}
