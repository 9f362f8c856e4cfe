//! How mails leave, as far as it shows without a relay.

use super::samples::instant;
use crate::mail::{Brand, Mailer, Outgoing, SendError, Templates};
use domain::account::Language;
use domain::id::EmailId;
use uuid::Uuid;

fn outgoing(to: &str) -> Outgoing {
    Outgoing {
        id: EmailId(Uuid::from_u128(1)),
        kind: "welcome".to_owned(),
        category: "account".to_owned(),
        language: Language::Fr,
        to: to.to_owned(),
        subject: "Élan\r\nBcc: x@y.test".to_owned(),
        text: "Bonjour à vous".to_owned(),
        html: "<p>Bonjour à vous</p>".to_owned(),
        created_at: instant("2026-01-30T09:00:00Z"),
        date: instant("2026-11-23T09:00:00Z"),
    }
}

#[tokio::test]
async fn the_file_transport_writes_whole_mails_once() {
    let dir = std::env::temp_dir().join(format!("tacit-mail-{}", std::process::id()));
    let mailer = Mailer::from_url(&format!("file:{}", dir.display()), "Tacit <no-reply@tacit.example>").unwrap();
    mailer.send(&outgoing("ada@example.test")).await.unwrap();
    mailer.send(&outgoing("ada@example.test")).await.unwrap();
    let names: Vec<_> =
        std::fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(names, ["20260130T090000Z-welcome-eml_00000000000000000000000001.eml"]);
    let mail = std::fs::read_to_string(dir.join(&names[0])).unwrap();
    std::fs::remove_dir_all(&dir).unwrap();
    for header in [
        "Message-ID: <eml_00000000000000000000000001@tacit.example>\r\n",
        "Auto-Submitted: auto-generated\r\n",
        "To: ada@example.test\r\n",
        "multipart/alternative",
        "text/plain; charset=utf-8",
        "text/html; charset=utf-8",
        "Date: Mon, 23 Nov 2026 09:00:00",
    ] {
        assert!(mail.contains(header), "{header}: {mail}");
    }
    assert!(!mail.contains("\nBcc:"), "{mail}");
    assert!(mailer.is_development());
}

#[tokio::test]
async fn the_memory_transport_keeps_mails_and_fails_on_request() {
    let mailer = Mailer::from_url("memory:", "no-reply@tacit.example").unwrap();
    mailer.fail_next(SendError::Temporary("busy".to_owned()));
    assert_eq!(mailer.send(&outgoing("a@example.test")).await, Err(SendError::Temporary("busy".to_owned())));
    mailer.send(&outgoing("a@example.test")).await.unwrap();
    let unusable = mailer.send(&outgoing("a@example.test\r\nBcc: b@example.test")).await;
    assert!(matches!(unusable, Err(SendError::Permanent(why)) if !why.contains('@')));
    assert_eq!(mailer.sent().iter().map(|mail| mail.to.as_str()).collect::<Vec<_>>(), ["a@example.test"]);
}

#[test]
fn unusable_settings_are_refused_without_their_password() {
    let from = "Tacit <no-reply@tacit.example>";
    for url in ["", "mailto:x", "smtp://user:hunter2@host:25?tls=maybe", "smtps://"] {
        let error = Mailer::from_url(url, from).unwrap_err();
        assert!(error.contains("mail_url") && !error.contains("hunter2"), "{error}");
    }
    assert!(Mailer::from_url("memory:", "nobody").is_err());
    assert!(Templates::new(Brand::new("ftp://x", "Tacit")).is_err());
}
