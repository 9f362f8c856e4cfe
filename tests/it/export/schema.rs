//! Nothing that is stored is forgotten: each table and each column is handed out, or kept for a reason.

use crate::schema;
use api::export::kept::KEPT;
use api::export::sections::SECTIONS;
use api::export::tables::TABLES;
use house::on_both;
use std::collections::{BTreeMap, BTreeSet};

on_both!(each_table_and_column_is_handed_out_or_kept_for_a_reason, "2026-01-30T09:00:00Z", |house| Box::pin(
    async move {
        let db = house.app.read();
        let handed_out: BTreeMap<&str, _> = TABLES.iter().map(|table| (table.name, table)).collect();
        let kept: BTreeMap<&str, _> = KEPT.iter().copied().collect();
        assert_eq!(handed_out.len(), TABLES.len(), "a table is listed twice");
        assert_eq!(kept.len(), KEPT.len(), "a table is listed twice");
        let mut stored = BTreeSet::new();
        for name in schema::tables(db).await {
            let whole = kept.contains_key(name.as_str());
            let columns: BTreeSet<String> = schema::columns(db, &name).await.into_iter().map(|it| it.name).collect();
            stored.insert(name.clone());
            let Some(table) = handed_out.get(name.as_str()) else {
                assert!(
                    whole,
                    "{name}: say in api/src/export/tables.rs what of it is handed out, or in kept.rs why not"
                );
                // what is of an account is never the provider's
                let owned = columns.contains("account_id");
                assert!(!owned || kept[name.as_str()] != api::export::Why::Provider, "{name} is of an account");
                continue;
            };
            assert!(!whole, "{name} is in api/src/export/tables.rs and in kept.rs");
            let named = table.handed_out.iter().copied().chain(table.kept.iter().map(|(column, _)| *column));
            let named: Vec<String> = named.map(str::to_owned).collect();
            assert_eq!(named.iter().cloned().collect::<BTreeSet<_>>(), columns, "columns of {name}");
            assert_eq!(named.len(), columns.len(), "a column of {name} is listed twice");
        }
        let listed: BTreeSet<String> = handed_out.keys().chain(kept.keys()).map(|name| (*name).to_owned()).collect();
        assert_eq!(listed, stored, "tables that there are");
    }
));

#[test]
fn each_table_that_is_handed_out_has_its_file() {
    let in_files: BTreeSet<&str> = SECTIONS.iter().flat_map(|section| section.tables).copied().collect();
    let handed_out: BTreeSet<&str> = TABLES.iter().map(|table| table.name).collect();
    assert_eq!(in_files, handed_out);
    let names: BTreeSet<&str> = SECTIONS.iter().map(|section| section.name).collect();
    assert_eq!(names.len(), SECTIONS.len(), "a file is written twice");
}

/// A name that says what a column holds is believed: seeds, hashes and what is encrypted are never handed out.
#[test]
fn no_secret_has_a_file() {
    for table in TABLES {
        for column in table.handed_out {
            let secret = ["sealed_", "wrapped_"].iter().any(|start| column.starts_with(start))
                || ["_hash", "_secret", "_token", "_key"].iter().any(|end| column.ends_with(end));
            let harmless = ["has_secret"];
            assert!(!secret || harmless.contains(column), "{}.{column} is handed out", table.name);
        }
    }
}
