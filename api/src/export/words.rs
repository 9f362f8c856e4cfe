//! The lists at the end of the archive: one for programs, one for people.

use super::book::{Book, Written};
use super::kept::KEPT;
use super::row::Why;
use super::sections::{SECTIONS, Section};
use super::tables::TABLES;
use crate::actions::Error;
use chrono::{DateTime, SecondsFormat, Utc};
use domain::account::Language;
use entity::account;
use serde::Serialize;
use serde_json::{Value, json};
use std::fmt::Write;

/// What the list for programs says about its own form.
const FORMAT: &str = "tacit-export/1";

/// What the list for people is called.
#[must_use]
pub const fn readme_name(language: Language) -> &'static str {
    match language {
        Language::En => "README.txt",
        Language::Fr => "LISEZMOI.txt",
    }
}

/// Why something is not in the archive.
const fn reason(why: Why, language: Language) -> &'static str {
    match (why, language) {
        (Why::Secret, Language::En) => {
            "A secret, or what one could be guessed from: whoever has it could act as you. It is only ever stored as a hash or encrypted."
        }
        (Why::Secret, Language::Fr) => {
            "Un secret, ou ce qui aiderait à en deviner un : qui le détient pourrait agir à votre place. Il n'est conservé que haché ou chiffré."
        }
        (Why::Technical, Language::En) => {
            "Counters, leases and keys that drive the program; they say nothing about you."
        }
        (Why::Technical, Language::Fr) => {
            "Compteurs, verrous et clés qui font marcher le programme ; ils ne disent rien de vous."
        }
        (Why::Elsewhere, Language::En) => "The same is said elsewhere in this archive.",
        (Why::Elsewhere, Language::Fr) => "La même chose figure ailleurs dans cette archive.",
        (Why::Provider, Language::En) => "It belongs to the provider, or is the same for every customer.",
        (Why::Provider, Language::Fr) => "Cela appartient au fournisseur, ou est identique pour tous les clients.",
    }
}

/// Everything that is kept for a reason, as `table.column`, or `table` for a whole one.
fn kept(why: Why) -> Vec<String> {
    let columns =
        TABLES.iter().flat_map(|table| table.kept.iter().map(move |(column, why)| (table.name, *column, *why)));
    let columns = columns.filter(|(_, _, its)| *its == why).map(|(table, column, _)| format!("{table}.{column}"));
    let whole = KEPT.iter().filter(|(_, its)| *its == why).map(|(table, _)| (*table).to_owned());
    let mut all: Vec<String> = columns.chain(whole).collect();
    all.sort_unstable();
    all
}

/// Writes the list for programs. It has a line for each file and is as long as there are mails, so it is never
/// held.
///
/// # Errors
/// [`Error::Internal`] for what cannot be written; [`Error::Unavailable`] when nobody takes it.
pub async fn manifest(
    book: &mut Book,
    account: &account::Model,
    made_at: DateTime<Utc>,
    written: &[Written],
) -> Result<(), Error> {
    let text = |value: Value| value.to_string();
    book.begin("manifest.json").await?;
    let head = [("format", FORMAT.to_owned()), ("account", account.handle.clone()), ("made_at", instant(made_at))];
    let mut before = "{";
    for (name, value) in head {
        book.write(format!("{before}\n\"{name}\": {}", text(value.into())).as_bytes()).await?;
        before = ",";
    }
    let mut before = ",\n\"files\": [\n";
    for file in written {
        let line = Listed { file, about: about(&file.name, account.language) };
        let line = serde_json::to_string(&line).map_err(Error::internal)?;
        book.write(format!("{before}{line}").as_bytes()).await?;
        before = ",\n";
    }
    let mut before = "\n],\n\"kept_not_exported\": [\n";
    for why in Why::ALL {
        let kept = json!({ "reason": why, "about": reason(*why, account.language), "names": kept(*why) });
        book.write(format!("{before}{}", text(kept)).as_bytes()).await?;
        before = ",\n";
    }
    book.write(b"\n]}\n").await
}

#[derive(Serialize)]
struct Listed<'a> {
    #[serde(flatten)]
    file: &'a Written,
    about: &'static str,
}

fn about(name: &str, language: Language) -> &'static str {
    let fits =
        |section: &&Section| section.name == name || (section.name.ends_with('/') && name.starts_with(section.name));
    SECTIONS.iter().find(fits).map_or("", |section| section.about(language))
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// The list for people, in the account's language.
///
/// # Errors
/// [`Error::Internal`], which does not happen.
pub fn readme(account: &account::Model, made_at: DateTime<Utc>, written: &[Written]) -> Result<String, Error> {
    let language = account.language;
    let word = |english: &'static str, french: &'static str| match language {
        Language::En => english,
        Language::Fr => french,
    };
    let mut text = String::new();
    let mut line = |line: &str| writeln!(text, "{line}").map_err(Error::internal);
    line(word("All the data of your account", "Toutes les données de votre compte"))?;
    line(&format!("{}: {}", word("Account", "Compte"), account.handle))?;
    line(&format!("{}: {}", word("As it was at", "Dans son état au"), instant(made_at)))?;
    line("")?;
    line(word(
        "The .json files are texts (UTF-8) for programs: instants are in UTC (ISO 8601), days are ISO dates, an amount is a decimal number with its currency, and a member without a value is left out. manifest.json lists every file with its SHA-256, and what is kept.",
        "Les fichiers .json sont des textes (UTF-8) pour les programmes : les instants sont en UTC (ISO 8601), les jours sont des dates ISO, un montant est un nombre décimal avec sa devise, et un champ sans valeur est absent. manifest.json liste chaque fichier avec son SHA-256, et ce qui est conservé sans être exporté.",
    ))?;
    for section in SECTIONS {
        line("")?;
        line(section.name)?;
        line(&format!("  {}", section.about(language)))?;
        match written.iter().find(|file| file.name == section.name) {
            Some(file) => line(&format!("  SHA-256: {}", file.sha256))?,
            None => line(word("  SHA-256: in manifest.json", "  SHA-256 : dans manifest.json"))?,
        }
    }
    line("")?;
    line(word("Kept, not exported", "Conservé, non exporté"))?;
    for why in Why::ALL {
        line("")?;
        line(&format!("- {}", reason(*why, language)))?;
        line(&format!("  {}", kept(*why).join(", ")))?;
    }
    Ok(text)
}
