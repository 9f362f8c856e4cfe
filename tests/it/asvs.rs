//! The table of requirements is complete, and what it names exists.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Requirements of levels 1 and 2 in each chapter of ASVS 5.0.0.
const CHAPTERS: [usize; 17] = [27, 11, 19, 10, 9, 35, 18, 7, 7, 29, 14, 9, 13, 9, 13, 16, 7];
const VERDICTS: [&str; 5] = ["met", "partly", "not met", "outside", "does not apply"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn document() -> String {
    std::fs::read_to_string(root().join("docs/ASVS.md")).unwrap()
}

/// The cells of every requirement's row.
fn rows(text: &str) -> Vec<Vec<&str>> {
    let is_id = |cell: &str| cell.split('.').count() == 3 && cell.split('.').all(|part| part.parse::<u32>().is_ok());
    text.lines()
        .filter(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>())
        .filter(|cells| is_id(cells[0]))
        .inspect(|row| assert_eq!(row.len(), 6, "{row:?}"))
        .collect()
}

/// What stands between backquotes.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_requirement_of_the_first_two_levels_has_its_row() {
    let text = document();
    let rows = rows(&text);
    let mut counted: BTreeMap<usize, usize> = BTreeMap::new();
    let mut levels: BTreeMap<&str, usize> = BTreeMap::new();
    let mut verdicts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut ids: Vec<&str> = rows.iter().map(|row| row[0]).collect();
    for row in &rows {
        *counted.entry(row[0].split('.').next().unwrap().parse().unwrap()).or_default() += 1;
        *levels.entry(row[1]).or_default() += 1;
        *verdicts.entry(row[3]).or_default() += 1;
        assert!(VERDICTS.contains(&row[3]) && !row[4].is_empty(), "{row:?}");
    }
    let expected: BTreeMap<usize, usize> = CHAPTERS.iter().enumerate().map(|(at, count)| (at + 1, *count)).collect();
    assert_eq!(counted, expected);
    assert_eq!(levels, BTreeMap::from([("1", 70), ("2", 183)]));
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), rows.len(), "an id stands twice");
    // the figures at the top are those of the table
    for verdict in VERDICTS {
        let line = text.lines().find(|line| line.starts_with(&format!("| {verdict} |"))).unwrap();
        let said = line.trim_matches('|').split('|').next_back().unwrap().trim();
        assert_eq!(said, verdicts.get(verdict).copied().unwrap_or_default().to_string(), "{verdict}");
    }
}

#[test]
fn the_files_and_tests_that_it_names_exist() {
    let text = document();
    for row in rows(&text) {
        for path in quoted(row[4]).into_iter().filter(|name| is_path(name)) {
            assert!(root().join(path).exists(), "{}: {path} is not there", row[0]);
        }
        let named = quoted(row[5]);
        for pair in named.chunks(2) {
            let [file, test] = pair else { panic!("{}: {named:?}", row[0]) };
            let source = std::fs::read_to_string(root().join("tests/it").join(file))
                .unwrap_or_else(|_| panic!("{}: {file} is not there", row[0]));
            let there = [format!("fn {test}("), format!("on_both!({test},"), format!("on_both!(\n    {test},")];
            assert!(there.iter().any(|text| source.contains(text)), "{}: {file} has no {test}", row[0]);
        }
    }
}

/// A name that is a path of the repository, and no media type or route.
fn is_path(name: &str) -> bool {
    ["api/", "docs/", "tests/", "scripts/", "openapi/"].iter().any(|folder| name.starts_with(folder))
}
