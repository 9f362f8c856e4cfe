//! Finishes a document from a file: `cargo run -p openapi --example finish -- RAW OUT-FOLDER`.
//! Without arguments it finishes `demo.json`, shaped as utoipa collects it, into `/tmp/tacit-demo`.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

use openapi::{Finish, check, finish, variants};
use serde_json::Value;

const TAGS: [(&str, &str); 3] = [
    ("Sessions", "Proving who you are."),
    ("Services", "What a customer rents."),
    ("Invoices", "What a customer pays."),
];

#[expect(clippy::print_stdout, reason = "a command")]
fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let raw: Value = match arguments.next() {
        Some(path) => serde_json::from_str(&fs::read_to_string(path)?)?,
        None => serde_json::from_str(include_str!("demo.json"))?,
    };
    let folder = PathBuf::from(arguments.next().unwrap_or_else(|| "/tmp/tacit-demo".into()));
    let options = Finish { version: "0.1.0", tags: &TAGS, ..Finish::default() };
    let document = finish(raw, &options);
    for problem in check::problems(&document) {
        println!("{problem}");
    }
    fs::create_dir_all(&folder)?;
    for (name, document) in [
        ("openapi.json", &document),
        ("openapi-client.json", &variants::client(&document)),
        ("openapi-3.0.json", &variants::three_zero(&document)),
    ] {
        fs::write(folder.join(name), serde_json::to_string_pretty(document)?)?;
    }
    Ok(())
}
