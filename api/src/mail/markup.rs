//! The little language that the mails are written in, one file for the text and the HTML part.
//!
//! | a line | is |
//! |---|---|
//! | `-> URL \| label` | a link that stands alone |
//! | `[[ code ]]` | a code, shown big |
//! | `- text` | an item of a list |
//! | `~ text` | small print |
//! | `== CODE \| text` | the code that proves the mail genuine, in the small print |
//! | anything else | part of a paragraph; an empty line ends it |
//!
//! Marks are read in the template before any value is put in, and become control characters, which no
//! value can hold: what a customer typed can never make a link, a code or a second line.

use minijinja::{Value, context};
use std::fmt::Write;

const LINK: char = '\u{1}';
const CODE: char = '\u{2}';
const ITEM: char = '\u{3}';
const LABEL: char = '\u{4}';
const SMALL: char = '\u{5}';
const PROOF: char = '\u{6}';

/// A part of a mail, whatever its format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// Running text.
    Paragraph {
        /// What it says.
        text: String,
    },
    /// Where to act.
    Link {
        /// Address of the page.
        url: String,
        /// What one does there.
        text: String,
    },
    /// A code or token.
    Code {
        /// The code, or its place-holder.
        text: String,
    },
    /// A list.
    List {
        /// Its items.
        items: Vec<String>,
    },
    /// What separates the mail from its small print.
    Rule,
    /// The small print at the end.
    Small {
        /// What it says.
        text: String,
    },
    /// The authenticity code, in the small print.
    Proof {
        /// The code.
        code: String,
        /// What it is.
        text: String,
    },
}

/// What the layout reads of a block.
impl From<&Block> for Value {
    fn from(block: &Block) -> Self {
        match block {
            Block::Paragraph { text } => context! { kind => "paragraph", text },
            Block::Link { url, text } => context! { kind => "link", url, text },
            Block::Code { text } => context! { kind => "code", text },
            Block::List { items } => context! { kind => "list", items },
            Block::Rule => context! { kind => "rule" },
            Block::Small { text } => context! { kind => "small", text },
            Block::Proof { code, text } => context! { kind => "proof", code, text },
        }
    }
}

/// Puts control characters for the marks of a template; in French also the spaces that must not break.
pub fn marked(source: &str, language: &str) -> String {
    source.lines().fold(String::with_capacity(source.len()), |mut text, line| {
        let line = match language {
            "fr" => unbreakable(line),
            _ => line.to_owned(),
        };
        if let Some(link) = line.strip_prefix("-> ") {
            let (url, label) = link.split_once(" | ").unwrap_or((link, link));
            write!(text, "{LINK}{}{LABEL}{}", url.trim(), label.trim()).ok();
        } else if let Some(proof) = line.strip_prefix("== ") {
            let (code, label) = proof.split_once(" | ").unwrap_or((proof, ""));
            write!(text, "{PROOF}{}{LABEL}{}", code.trim(), label.trim()).ok();
        } else if let Some(code) = line.strip_prefix("[[ ").and_then(|rest| rest.strip_suffix(" ]]")) {
            write!(text, "{CODE}{}", code.trim()).ok();
        } else if let Some(item) = line.strip_prefix("- ") {
            write!(text, "{ITEM}{item}").ok();
        } else if let Some(small) = line.strip_prefix("~ ") {
            write!(text, "{SMALL}{small}").ok();
        } else {
            text.push_str(&line);
        }
        text.push('\n');
        text
    })
}

/// French sets a space before `: ; ! ?` and inside guillemets; tags of the template stay as they are.
fn unbreakable(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((words, tag)) = rest.split_once('{') {
        text.push_str(&tight(words));
        let (inside, after) = tag.split_once(['}']).unwrap_or((tag, ""));
        let (end, after) = after.strip_prefix('}').map_or(("}", after), |after| ("}}", after));
        text.push('{');
        text.push_str(inside);
        text.push_str(end);
        rest = after;
    }
    text.push_str(&tight(rest));
    text
}

fn tight(words: &str) -> String {
    [
        (" :", "\u{a0}:"),
        (" ;", "\u{202f};"),
        (" !", "\u{202f}!"),
        (" ?", "\u{202f}?"),
        ("« ", "«\u{a0}"),
        (" »", "\u{a0}»"),
    ]
    .into_iter()
    .fold(words.to_owned(), |words, (loose, tight)| words.replace(loose, tight))
}

/// A value as one line: no control character, no line end, nothing that turns the direction of reading.
pub fn one_line(value: &str) -> String {
    value
        .chars()
        .filter(
            |c| !matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'),
        )
        .map(|c| if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') { ' ' } else { c })
        .collect()
}

/// Escapes a value for HTML text and attributes.
pub fn html_escaped(value: &str) -> String {
    value.chars().fold(String::with_capacity(value.len()), |mut text, c| {
        match c {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            '\'' => text.push_str("&#39;"),
            other => text.push(other),
        }
        text
    })
}

/// The blocks of a rendered template; `links` is where links that begin with `/` point.
pub fn blocks(rendered: &str, links: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    for line in rendered.lines().map(str::trim) {
        if line.is_empty() {
            open = false;
            continue;
        }
        let block = if let Some(link) = line.strip_prefix(LINK) {
            let (url, label) = link.split_once(LABEL).unwrap_or((link, link));
            Block::Link { url: web_address(url, links), text: label.to_owned() }
        } else if let Some(code) = line.strip_prefix(CODE) {
            Block::Code { text: code.to_owned() }
        } else if let Some(item) = line.strip_prefix(ITEM) {
            if let Some(Block::List { items }) = blocks.last_mut().filter(|_| open) {
                items.push(item.to_owned());
                continue;
            }
            open = true;
            blocks.push(Block::List { items: vec![item.to_owned()] });
            continue;
        } else if let Some(small) = line.strip_prefix(SMALL) {
            ruled(&mut blocks);
            Block::Small { text: small.to_owned() }
        } else if let Some(proof) = line.strip_prefix(PROOF) {
            ruled(&mut blocks);
            let (code, text) = proof.split_once(LABEL).unwrap_or((proof, ""));
            Block::Proof { code: code.to_owned(), text: text.to_owned() }
        } else {
            if let Some(Block::Paragraph { text }) = blocks.last_mut().filter(|_| open) {
                text.push(' ');
                text.push_str(line);
                continue;
            }
            open = true;
            blocks.push(Block::Paragraph { text: line.to_owned() });
            continue;
        };
        open = false;
        blocks.push(block);
    }
    blocks
}

/// Small print begins behind a rule.
fn ruled(blocks: &mut Vec<Block>) {
    if !blocks.contains(&Block::Rule) {
        blocks.push(Block::Rule);
    }
}

/// Only pages of the web: anything else leads to the front end's first page.
fn web_address(url: &str, links: &str) -> String {
    if url.starts_with("https://") || url.starts_with("http://") {
        return url.replace(' ', "%20");
    }
    if url.starts_with('/') && !url.starts_with("//") {
        return format!("{links}{}", url.replace(' ', "%20"));
    }
    format!("{links}/")
}

/// The text part.
pub fn plain(blocks: &[Block]) -> String {
    let mut text = String::new();
    for block in blocks {
        if !text.is_empty() {
            text.push('\n');
        }
        match block {
            Block::Paragraph { text: words } | Block::Small { text: words } => writeln!(text, "{words}"),
            Block::Proof { code, text: label } => writeln!(text, "{label}\n{code}"),
            Block::Link { url, text: label } => writeln!(text, "{label}\n{url}"),
            Block::Code { text: code } => writeln!(text, "    {code}"),
            Block::List { items } => items.iter().try_for_each(|item| writeln!(text, "- {item}")),
            // what follows `-- ` is a signature to mail programs
            Block::Rule => write!(text, "-- "),
        }
        .ok();
    }
    text
}
