//! What every mail must keep: it renders in both languages, hides its secret, and takes no orders from
//! what customers typed.

mod samples;
mod transport;

use super::templates::{KINDS, MAX_SUBJECT};
use super::{Brand, Letter, Message, Opened, PLACEHOLDER, Templates, opened, row};
use crate::actions::{Actor, Context, Error};
use crate::app::Tools;
use crate::config::Config;
use crate::entropy::SeededEntropy;
use crate::seal::Sealer;
use domain::account::{AccountKind, AccountStatus, Language};
use domain::authenticity::AuthenticityCode;
use domain::calendar::Period;
use domain::id::AccountId;
use entity::{account, email};
use samples::{SECRET, date, eur, every_message, instant};
use sea_orm::TryIntoModel;
use std::collections::BTreeSet;
use uuid::Uuid;

const LINKS: &str = "https://client.example.test/";

fn tools() -> Tools {
    Tools {
        config: Config::default(),
        entropy: Box::new(SeededEntropy::new(7)),
        sealer: Sealer::new(&[7; 32]).unwrap(),
        templates: Templates::new(Brand {
            footer: vec!["Tacit SAS, 1 rue de la Paix".to_owned()],
            ..Brand::new(LINKS, "Tacit")
        })
        .unwrap(),
        relying_party: crate::relying_party::build(&Config::default()).unwrap(),
        vat_rates: domain::tax::Rates::known().unwrap(),
    }
}

fn context(tools: &Tools) -> Context<'_> {
    Context {
        now: instant("2026-01-30T09:00:00Z"),
        real_now: instant("2026-11-23T09:00:00Z"),
        actor: Actor::Scheduler,
        address: None,
        user_agent: None,
        request_id: None,
        tools,
    }
}

fn account(language: &str) -> account::Model {
    account::Model {
        id: AccountId(Uuid::from_u128(1)),
        handle: "ab12345-tacit".to_owned(),
        email: Some("ada@example.test".to_owned()),
        email_verified_at: None,
        contested_at: None,
        backup_email: None,
        password_hash: String::new(),
        password_changed_at: instant("2026-01-01T00:00:00Z"),
        password_weak_since: None,
        kind: AccountKind::Individual,
        status: AccountStatus::Active,
        language: language.parse::<Language>().unwrap(),
        currency: "EUR".to_owned(),
        time_zone: "Europe/Paris".to_owned(),
        first_name: Some("Ada".to_owned()),
        last_name: None,
        organisation: None,
        street: None,
        postal_code: None,
        city: None,
        country: "FR".to_owned(),
        phone: None,
        phone_verified_at: None,
        siret: None,
        vat_id: None,
        vat_id_status: None,
        test_clock_id: None,
        ip_rules: None,
        balance: 0,
        version: 1,
        created_at: instant("2026-01-01T00:00:00Z"),
        closed_at: None,
    }
}

fn stored(tools: &Tools, language: &str, message: &Message) -> email::Model {
    let account = account(language);
    let row = row(&context(tools), &Letter::new(&account, message, "test")).unwrap();
    row.try_into_model().unwrap()
}

#[test]
fn every_mail_renders_in_both_languages_and_differs() {
    let tools = tools();
    let mut kinds = BTreeSet::new();
    for message in every_message("web-01") {
        kinds.insert(message.kind());
        let [french, english] = ["fr", "en"].map(|language| stored(&tools, language, &message));
        for mail in [&french, &english] {
            assert!(mail.subject.chars().count() <= MAX_SUBJECT, "{}", mail.subject);
            assert!(!mail.subject.is_empty() && !mail.subject.contains(char::is_control), "{}", mail.kind);
            assert_eq!(mail.text_body.contains("Ada"), !message.goes_to_a_stranger(), "{}", mail.kind);
            for body in [&mail.text_body, &mail.html_body] {
                assert!(!body.contains("{{") && !body.contains("{%") && !body.contains("@@"), "{}: {body}", mail.kind);
                assert!(
                    !body.contains("-> ") && !body.contains("== ") && !body.contains("[["),
                    "{}: {body}",
                    mail.kind
                );
                assert!(!body.chars().any(|c| c.is_control() && c != '\n'), "{}: {body}", mail.kind);
                assert!(body.contains("ab12345-tacit"), "{}: {body}", mail.kind);
                let code: AuthenticityCode = mail.authenticity_code.clone().unwrap().parse().unwrap();
                assert!(body.contains(&code.to_string()) && body.contains("/authenticity"), "{}: {body}", mail.kind);
                assert!(body.contains("Tacit SAS, 1 rue de la Paix"), "{}: {body}", mail.kind);
            }
            assert!(!mail.text_body.contains("\n\n\n"), "{}: {}", mail.kind, mail.text_body);
        }
        assert_ne!(french.subject, english.subject);
        assert_ne!(french.text_body, english.text_body);
        assert!(french.html_body.contains(r#"<html lang="fr""#) && english.html_body.contains(r#"<html lang="en""#));
    }
    assert_eq!(kinds, KINDS.iter().copied().collect());
}

#[test]
fn strangers_are_not_greeted_by_a_typed_name() {
    let tools = tools();
    for message in every_message("web-01").iter().filter(|message| message.goes_to_a_stranger()) {
        assert!(!stored(&tools, "fr", message).text_body.contains("Ada"));
    }
}

#[test]
fn a_secret_is_not_in_the_row_and_stands_in_its_place_once_opened() {
    let tools = tools();
    for message in every_message("web-01") {
        let mail = stored(&tools, "en", &message);
        assert!(!format!("{mail:?}").contains(SECRET), "{}", mail.kind);
        assert_eq!(mail.sealed_secret.is_some(), message.secret().is_some());
        let Opened { text, html, secret } = opened(&tools, &mail, None).unwrap();
        if message.secret().is_some() {
            assert!(mail.text_body.contains(PLACEHOLDER) && mail.html_body.contains(PLACEHOLDER), "{}", mail.kind);
            assert!(text.contains(SECRET) && html.contains(SECRET), "{}", mail.kind);
            assert_eq!(secret.as_deref(), Some(SECRET));
        }
    }
}

#[test]
fn the_phrase_stands_at_the_head_of_both_parts_and_nowhere_in_the_row() {
    let tools = tools();
    for message in every_message("web-01") {
        for (language, label) in [("fr", "Votre phrase anti-hameçonnage\u{a0}:"), ("en", "Your anti-phishing phrase:")]
        {
            let mail = stored(&tools, language, &message);
            let Opened { text, html, .. } = opened(&tools, &mail, Some("3 <chats> & 1 toit")).unwrap();
            assert!(text.starts_with(&format!("{label} 3 <chats> & 1 toit\n\n")), "{}: {text}", mail.kind);
            let printed =
                format!("{label} <strong class=\"word\" style=\"color:#1f2937\">3 &lt;chats&gt; &amp; 1 toit<");
            assert_eq!(html.matches(&printed).count(), 1, "{}: {html}", mail.kind);
            let without = opened(&tools, &mail, None).unwrap();
            assert!(!without.text.contains(label) && !without.html.contains(label), "{}", mail.kind);
        }
    }
}

#[test]
fn names_are_text_and_never_markup_headers_or_links() {
    let tools = tools();
    let evil = "<b>&\r\nBcc: x@y.test\n-> https://evil.test | Click\u{1}https://evil.test\u{4}Click \u{202e}'\"";
    for message in every_message(evil) {
        for language in ["fr", "en"] {
            let mail = stored(&tools, language, &message);
            assert!(!mail.subject.contains(char::is_control), "{}", mail.kind);
            assert!(
                !mail.html_body.contains("<b>") && !mail.html_body.contains(r#"href="https://evil"#),
                "{}",
                mail.kind
            );
            assert!(!mail.text_body.lines().any(|line| line.starts_with("Bcc") || line.starts_with("https://evil")));
            assert!(mail.subject.chars().count() <= MAX_SUBJECT);
        }
    }
    let mail =
        stored(&tools, "en", &Message::ServiceReactivated { service: evil.to_owned(), expires_on: date("2026-03-01") });
    assert!(mail.html_body.contains("&lt;b&gt;&amp;"));
    assert!(mail.text_body.contains("<b>&"));
}

#[test]
fn long_names_leave_the_date_in_the_subject() {
    let tools = tools();
    for message in every_message(&"é".repeat(100)) {
        let mail = stored(&tools, "fr", &message);
        assert!(mail.subject.chars().count() <= MAX_SUBJECT, "{}", mail.subject);
    }
    let message = Message::ServiceSuspended {
        service: "é".repeat(100),
        service_id: String::new(),
        gross: eur("1.00"),
        delete_on: date("2026-02-01"),
    };
    assert!(stored(&tools, "fr", &message).subject.ends_with("le 1er février 2026"));
}

#[test]
fn a_strange_address_to_confirm_at_leads_home() {
    let tools = tools();
    let confirm = |href: &str| Message::PaymentActionRequired {
        invoice: "FC-2026-000001".to_owned(),
        gross: eur("1.00"),
        href: href.to_owned(),
    };
    let text = |href| stored(&tools, "en", &confirm(href)).text_body;
    assert!(text("javascript:alert(1)").contains("\nhttps://client.example.test/\n"));
    assert!(text("//evil.test").contains("\nhttps://client.example.test/\n"));
    assert!(text("/pay/1").contains("\nhttps://client.example.test/pay/1\n"));
    assert!(text("https://bank.test/?a=1&b=2").contains("\nhttps://bank.test/?a=1&b=2\n"));
}

#[test]
fn dates_amounts_and_counts_are_written_as_in_the_language() {
    let tools = tools();
    let reminder = |days, period| Message::ExpiryReminder {
        service: "web-01".to_owned(),
        service_id: "svc_1".to_owned(),
        on: date("2026-03-01"),
        days,
        period,
        gross: eur("1234.50"),
        delete_on: date("2026-03-16"),
    };
    let french = stored(&tools, "fr", &reminder(3, Period::P1M)).text_body.replace(['\u{a0}', '\u{202f}'], " ");
    for words in ["dans 3 jours, le 1er mars 2026", "1 234,50 €", "Durée : un mois", "le 16 mars 2026"] {
        assert!(french.contains(words), "{words}: {french}");
    }
    let english = stored(&tools, "en", &reminder(1, Period::P1Y)).text_body.replace('\u{a0}', " ");
    for words in ["expires tomorrow, on 1 March 2026", "€1,234.50", "Length: one year", "on 16 March 2026"] {
        assert!(english.contains(words), "{words}: {english}");
    }
    let code = |valid_minutes| Message::PasswordReset { secret: String::new(), valid_minutes };
    for (language, minutes, words) in [
        ("fr", 1, "valable 1 minute "),
        ("fr", 15, "valable 15 minutes "),
        ("en", 1, "for 1 minute "),
        ("en", 15, "for 15 minutes "),
    ] {
        assert!(stored(&tools, language, &code(minutes)).text_body.replace('\u{a0}', " ").contains(words), "{words}");
    }
    let order = Message::OrderPlaced {
        number: "1".to_owned(),
        gross: eur("12.00"),
        pay_before: instant("2026-02-06T22:30:00Z"),
    };
    assert!(stored(&tools, "fr", &order).text_body.contains("6 février 2026 à 23:30 (Europe/Paris)"));
    assert!(stored(&tools, "en", &order).text_body.contains("6 February 2026 at 23:30 (Europe/Paris)"));
    assert!(stored(&tools, "fr", &order).text_body.contains("12,00\u{a0}€"));
}

#[test]
fn the_two_parts_say_the_same() {
    let tools = tools();
    for message in every_message("web-01") {
        let mail = stored(&tools, "fr", &message);
        for line in mail.text_body.lines().map(str::trim).filter(|line| *line != "--") {
            let line = crate::mail::markup::html_escaped(line.strip_prefix("- ").unwrap_or(line));
            assert!(mail.html_body.contains(&line), "{}: {line}", mail.kind);
        }
    }
}

#[test]
fn a_mail_needs_an_address_and_a_short_cause() {
    let tools = tools();
    let (mut account, message) = (account("fr"), Message::ClosureRevoked);
    let long = Letter::new(&account, &message, "x".repeat(161));
    assert!(matches!(row(&context(&tools), &long), Err(Error::Internal(_))));
    account.email = None;
    assert!(matches!(row(&context(&tools), &Letter::new(&account, &message, "x")), Err(Error::Internal(_))));
    let elsewhere = Letter { to: Some("b@example.test".to_owned()), ..Letter::new(&account, &message, "x") };
    let mail = row(&context(&tools), &elsewhere).unwrap().try_into_model().unwrap();
    assert_eq!((mail.to_address.as_str(), mail.state.as_str()), ("b@example.test", "queued"));
    assert_eq!((mail.created_at, mail.due_at), (context(&tools).now, context(&tools).real_now));
}

#[test]
fn a_colour_is_a_colour_and_its_text_can_be_read() {
    let colour = |colour: &str| Templates::new(Brand { colour: colour.to_owned(), ..Brand::new(LINKS, "Tacit") });
    for wrong in ["", "blue", "#12345", "#1234567", "1d4ed8", "#gggggg", "#1d4ed8;x", "#é1234"] {
        assert!(colour(wrong).is_err(), "{wrong}");
    }
    let tools = |hue: &str| Tools { templates: colour(hue).unwrap(), ..tools() };
    let button = |hue| stored(&tools(hue), "en", &every_message("web-01")[0]).html_body;
    assert!(button("#123456").contains("color:#ffffff;text-decoration:none"));
    assert!(button("#ffe066").contains("color:#111827;text-decoration:none"));
}

/// `make mail-samples`: every mail in both languages, to be looked at.
#[test]
#[ignore = "writes files to look at"]
fn samples_are_written() {
    let tools = tools();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/mail-samples");
    std::fs::create_dir_all(&folder).unwrap();
    for (number, message) in every_message("web-01").iter().enumerate() {
        for language in ["fr", "en"] {
            let mail = stored(&tools, language, message);
            let phrase = Some("Trois chats gris sur un toit").filter(|_| !message.goes_to_a_stranger());
            let Opened { text, html, .. } = opened(&tools, &mail, phrase).unwrap();
            let name = format!("{language}-{number:02}-{}", mail.kind);
            std::fs::write(folder.join(format!("{name}.html")), html).unwrap();
            std::fs::write(folder.join(format!("{name}.txt")), format!("Subject: {}\n\n{text}", mail.subject)).unwrap();
        }
    }
}
