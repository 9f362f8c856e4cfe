//! What the documents for people say is true: the tour of the README is run block by block and answers
//! what it shows, and the example settings are the settings.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on says so by panicking"
)]

use api::config::Config;
use house::{House, On};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The tour takes seconds; a loop in it that never ends is a failure.
const PATIENCE: Duration = Duration::from_mins(3);

fn at_root(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

/// Commands and shown answers of the tour, in their order.
#[derive(Default)]
struct Tour {
    script: String,
    shown: Vec<String>,
}

fn tour() -> Tour {
    let readme = std::fs::read_to_string(at_root("README.md")).unwrap();
    let (_, rest) = readme.split_once("<!-- tour:").expect("where the tour begins");
    let (text, _) = rest.split_once("<!-- end of the tour -->").expect("where the tour ends");
    let mut tour = Tour::default();
    let mut fence = None;
    for line in text.lines() {
        match (fence, line.strip_prefix("```")) {
            (None, Some(kind)) => fence = Some(kind),
            (Some(_), Some(_)) => fence = None,
            (Some("sh"), None) => tour.script.extend([line, "\n"]),
            (Some("text"), None) => tour.shown.push(line.to_owned()),
            (Some(other), None) => panic!("a block of kind `{other}` in the tour"),
            (None, None) => {}
        }
    }
    tour
}

/// Whether a line of output is the one shown; `…` stands for anything.
fn is_shown(line: &str, shown: &str) -> bool {
    let pieces: Vec<&str> = shown.split('…').collect();
    let [first, middle @ .., last] = pieces.as_slice() else { return line == shown };
    let Some(mut rest) = line.strip_prefix(first).and_then(|rest| rest.strip_suffix(last)) else { return false };
    middle.iter().all(|piece| {
        let found = rest.split_once(piece);
        rest = found.map_or(rest, |(_, after)| after);
        found.is_some()
    })
}

/// Compares line by line; a shown line that is only `…` stands for any number of lines.
fn compare(output: &str, shown: &[String]) {
    let mut lines = output.lines();
    let mut skip = false;
    for expected in shown {
        if expected == "…" {
            skip = true;
            continue;
        }
        let found = if skip {
            lines.any(|line| is_shown(line, expected))
        } else {
            lines.next().is_some_and(|line| is_shown(line, expected))
        };
        assert!(found, "the README shows `{expected}`, but the tour printed:\n{output}");
        skip = false;
    }
    assert!(skip || lines.next().is_none(), "the tour prints more than the README shows:\n{output}");
}

/// Runs the tour as a person would paste it; its output.
fn run(script: &str, base: &str, operator: &str) -> String {
    let mut child = Command::new("bash")
        .args(["-euo", "pipefail", "-c", script])
        .env("TACIT", base)
        .env("OPERATOR", operator)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("bash");
    let (mut out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        out.read_to_string(&mut text).map(|_| text)
    });
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if started.elapsed() > PATIENCE {
            child.kill().unwrap();
            break child.wait().unwrap();
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    let output = reader.join().unwrap().unwrap();
    let mut errors = String::new();
    err.read_to_string(&mut errors).unwrap();
    assert!(status.success(), "the tour ended with {status}\n{errors}\nafter printing\n{output}");
    output
}

async fn take_the_tour(on: On) {
    let house = House::open(on, "2026-11-23T09:00:00Z").await;
    let operator = house.operator().await.token.unwrap();
    let (base, tour) = (house.base.clone(), tour());
    let script = tour.script;
    let person = tokio::task::spawn_blocking(move || run(&script, &base, &operator));
    let scheduler = async {
        loop {
            api::scheduler::round(&house.app).await.unwrap();
            api::scheduler::post(&house.app).await.unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let output = tokio::select! {
        output = person => output.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic())),
        () = scheduler => String::new(),
    };
    compare(&output, &tour.shown);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tour_is_true_on_sqlite() {
    take_the_tour(On::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tour_is_true_on_postgres() {
    take_the_tour(On::Postgres).await;
}

#[test]
fn shown_lines_are_compared_with_gaps() {
    for (line, shown) in
        [("a b c", "a … c"), ("a b", "a …"), ("abc", "abc"), ("x on", "… on"), ("a b b", "a…b"), ("", "…")]
    {
        assert!(is_shown(line, shown), "{line} / {shown}");
    }
    for (line, shown) in [("a b c", "a b"), ("a b", "a … c"), ("abc", "bc"), ("ab", "a…x")] {
        assert!(!is_shown(line, shown), "{line} / {shown}");
    }
}

fn load(text: &str) -> Result<Config, api::config::ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tacit.toml");
    std::fs::write(&path, text).unwrap();
    Config::load(Some(&path))
}

fn example() -> String {
    std::fs::read_to_string(at_root("tacit.example.toml")).unwrap()
}

/// The variables of whoever runs the tests would go before the file.
fn untouched() -> bool {
    !std::env::vars().any(|(name, _)| name.starts_with("TACIT_"))
}

#[test]
fn the_example_settings_are_the_defaults_and_complete() {
    if !untouched() {
        return;
    }
    let example = example();
    let loaded = load(&example).unwrap();
    assert_eq!(format!("{loaded:?}"), format!("{:?}", Config::default()));
    // secrets print as nothing, so this is what the comparison above leaves out
    let default = format!("{:#?}", Config::default());
    for line in default.lines().map(str::trim) {
        let Some((key, value)) = line.split_once(": ") else { continue };
        let section = value.ends_with('{');
        let written = if section { format!("{key}]") } else { format!("{key} = ") };
        let named = |line: &str| match line.strip_prefix('[') {
            Some(name) => section && name.rsplit('.').next() == Some(written.as_str()),
            None => !section && line.trim_start_matches("# ").starts_with(&written),
        };
        let found = example.lines().any(named);
        assert!(found, "tacit.example.toml lacks `{written}`");
    }
}

#[test]
fn the_operations_page_lists_every_setting() {
    let page = std::fs::read_to_string(at_root("docs/OPERATIONS.md")).unwrap();
    let mut section = String::new();
    for line in example().lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = format!("{name}.");
        } else if let Some((key, _)) = line.trim_start_matches("# ").split_once(" = ")
            && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        {
            let (whole, short) = (format!("`{section}{key}`"), format!("`.{key}`"));
            let found = page.contains(&whole) || (section == "seller." && page.contains(&short));
            assert!(found, "docs/OPERATIONS.md lacks {whole}");
        }
    }
}

#[test]
fn an_unknown_setting_is_refused_by_its_name() {
    if !untouched() {
        return;
    }
    for wrong in ["bindd = \"127.0.0.1:1\"\n", "[scheduler]\nbatches = 3\n"] {
        let error = load(wrong).unwrap_err().to_string();
        assert!(error.contains("bindd") || error.contains("batches"), "{error}");
    }
}
