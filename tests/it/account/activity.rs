//! The activity log: what its owner reads, and the chain that shows what was done to it.

use api::actions::{Context, record};
use house::{House, on_both};
use reqwest::Method;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, EntityTrait, FromQueryResult, QuerySelect, Statement};
use serde_json::json;
use std::sync::atomic::{AtomicU32, Ordering};

const WRONG: &str = "violet harbour 94 lanterns";

async fn sql(house: &House, statement: &str) -> Result<(), DbErr> {
    house.app.transact(async |tx| tx.execute_unprepared(statement).await.map(drop)).await
}

#[derive(Debug, FromQueryResult)]
struct Number {
    number: i64,
}

async fn number(house: &House, query: &str) -> i64 {
    let db = &**house.app.read();
    let statement = Statement::from_string(db.get_database_backend(), query);
    Number::find_by_statement(statement).one(db).await.unwrap().unwrap().number
}

/// What `tacit verify` says about the log.
async fn broken(house: &House) -> Vec<String> {
    let found = api::verify::run(&house.app).await.unwrap();
    found.into_iter().map(|violation| violation.detail).collect()
}

/// Does what the database's owner can do: the triggers go.
async fn without_triggers(house: &House) {
    let statements: &[&str] = match house.app.db.backend() {
        DbBackend::Postgres => {
            &["ALTER TABLE activity DISABLE TRIGGER USER", "ALTER TABLE activity_head DISABLE TRIGGER USER"]
        }
        _ => &[
            "DROP TRIGGER activity_no_update",
            "DROP TRIGGER activity_no_delete",
            "DROP TRIGGER activity_moves_head",
            "DROP TRIGGER activity_head_no_delete",
        ],
    };
    for statement in statements.iter().chain(&[
        "CREATE TABLE kept AS SELECT * FROM activity",
        "CREATE TABLE kept_head AS SELECT * FROM activity_head",
    ]) {
        sql(house, statement).await.unwrap();
    }
}

/// An id that no line has.
fn fresh(house: &House) -> &'static str {
    match house.app.db.backend() {
        DbBackend::Postgres => "'019c0000-0000-7000-8000-000000000001'::uuid",
        _ => "x'019c0000000070008000000000000001'",
    }
}

async fn restore(house: &House) {
    for statement in [
        "DELETE FROM activity",
        "INSERT INTO activity SELECT * FROM kept",
        "DELETE FROM activity_head",
        "INSERT INTO activity_head SELECT * FROM kept_head",
        "UPDATE account SET status = 'active', closed_at = NULL",
    ] {
        sql(house, statement).await.unwrap();
    }
    assert_eq!(broken(house).await, Vec::<String>::new());
}

on_both!(the_owner_sees_failed_logins_and_where_they_came_from, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let owner = house.customer().await;
    house.clock.set(house.now() + chrono::TimeDelta::minutes(1));
    let stranger = house.stranger().at("198.51.100.9").using("Guesser/1.0");
    let login = json!({ "login": owner.email, "password": WRONG });
    stranger.post("/v1/sessions", &login).await.expect(401);
    house.clock.set(house.now() + chrono::TimeDelta::hours(1));
    let mut owner = owner;
    owner.log_in().await;
    let refused = owner.get("/v1/account/activity?outcome=refused").await.expect(200).items();
    assert_eq!(refused.len(), 1, "{refused:#?}");
    let line = &refused[0];
    assert_eq!(line["kind"], "session.refused");
    assert_eq!(line["label"], "A login was refused");
    assert_eq!(line["outcome"], "refused");
    assert_eq!(line["actor"], "visitor");
    assert_eq!(line["address"], "198.51.100.9");
    assert_eq!(line["user_agent"], "Guesser/1.0");
    assert!(line["request_id"].is_string(), "{line}");
    let french =
        owner.send(Method::GET, "/v1/account/activity?kind=session.refused", &[("Accept-Language", "fr")], None);
    assert_eq!(french.await.expect(200).items()[0]["label"], "Une connexion a été refusée");
    // filters, in pages
    let all = owner.get("/v1/account/activity?limit=100").await.expect(200).items();
    let since = owner.get("/v1/account/activity?at_from=2026-01-30T10:00:00Z").await.expect(200).items();
    let until = owner.get("/v1/account/activity?at_to=2026-01-30T09:59:59Z&limit=100").await.expect(200).items();
    assert!(!since.is_empty() && !until.is_empty());
    assert_eq!(since.len() + until.len(), all.len());
    let both = owner.get("/v1/account/activity?kind=session.refused&kind=session.opened&limit=1").await.expect(200);
    let next = both.text("/next_cursor");
    let second = format!("/v1/account/activity?kind=session.refused&kind=session.opened&limit=1&cursor={next}");
    assert_eq!(both.items()[0]["kind"], "session.opened");
    assert_eq!(owner.get(&second).await.expect(200).items()[0]["kind"], "session.refused");
    owner.get("/v1/account/activity?outcome=lost").await.expect(422);
    // the lines are numbered without gap
    let mut places: Vec<i64> = all.iter().map(|line| line["sequence"].as_i64().unwrap()).collect();
    places.sort_unstable();
    assert_eq!(places, (1..=i64::try_from(all.len()).unwrap()).collect::<Vec<_>>());
}));

on_both!(writers_at_once_make_one_chain, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let owner = house.customer().await;
    let before = number(&house, "SELECT MAX(seq) AS number FROM activity").await;
    // failed logins take no lock of the account, changes of the profile do; unknown logins share the house's chains
    let guess = json!({ "login": owner.email, "password": WRONG });
    let unknown = json!({ "login": "nobody@example.org", "password": WRONG });
    let strangers: Vec<_> = (0..12).map(|n| house.stranger().at(&format!("198.51.100.{n}"))).collect();
    let guesses = futures_util::future::join_all(strangers.iter().map(|who| who.post("/v1/sessions", &guess)));
    let others = futures_util::future::join_all(strangers.iter().map(|who| who.post("/v1/sessions", &unknown)));
    let changes: Vec<_> = (0..12).map(|n| json!({ "city": format!("Paris {n}") })).collect();
    let changes = futures_util::future::join_all(changes.iter().map(|change| owner.patch("/v1/account", change)));
    let (guesses, others, changes) = futures_util::future::join3(guesses, others, changes).await;
    for answer in guesses.iter().chain(&others) {
        assert_eq!(answer.status, 401, "{}", answer.text);
    }
    for answer in &changes {
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    assert_eq!(broken(&house).await, Vec::<String>::new());
    let after = number(&house, "SELECT MAX(seq) AS number FROM activity").await;
    assert_eq!(after, before + 24, "a line for each");
}));

on_both!(who_notes_first_and_then_changes_the_account_takes_turns, "2026-01-30T09:00:00Z", |house| Box::pin(
    async move {
        let owner = house.customer().await;
        let id = owner.get("/v1/account").await.expect(200).text("/id").parse().unwrap();
        let now = house.now();
        let before = number(&house, "SELECT MAX(seq) AS number FROM activity").await;
        let (tries, cx) = (AtomicU32::new(0), Context::scheduler(&house.app.tools, now, now));
        let writers = (0..24).map(|_| {
            house.app.transact(async |tx| {
                tries.fetch_add(1, Ordering::Relaxed);
                record::activity(tx, &cx, id, "session.ended", None).await?;
                tokio::task::yield_now().await;
                let locked = entity::account::Entity::find_by_id(id).lock_exclusive().one(&**tx).await?;
                assert!(locked.is_some());
                record::activity(tx, &cx, id, "session.refused", None).await
            })
        });
        for written in futures_util::future::join_all(writers).await {
            written.unwrap();
        }
        assert_eq!(tries.into_inner(), 24, "none was begun again: none was in another's way");
        assert_eq!(number(&house, "SELECT MAX(seq) AS number FROM activity").await, before + 48);
        assert_eq!(broken(&house).await, Vec::<String>::new());
    }
));

on_both!(the_database_refuses_to_change_the_log, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    house.customer().await;
    for statement in [
        "UPDATE activity SET kind = 'session.opened'",
        "UPDATE activity SET at = at, actor = 'scheduler'",
        "UPDATE activity SET seq = seq + 1000",
        "UPDATE activity SET address = '203.0.113.1'",
        // emptied by halves: what is left could still be guessed
        "UPDATE activity SET address = NULL, detail = NULL, user_agent = NULL, request_id = NULL",
        "DELETE FROM activity",
        "DELETE FROM activity_head",
    ] {
        let words = sql(&house, statement).await.expect_err(statement).to_string();
        assert!(words.contains("never change"), "{statement}: {words}");
    }
}));

on_both!(nothing_is_added_to_the_log_but_the_next_line, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    house.customer().await;
    let fresh = fresh(&house);
    let columns = "id, account_id, at, kind, actor, chain, seq, link";
    for place in ["NULL", "0", "seq", "seq + 2"] {
        let last = "(SELECT MAX(seq) FROM activity WHERE account_id IS NOT NULL)";
        let statement = format!(
            "INSERT INTO activity ({columns}) SELECT {fresh}, account_id, at, kind, actor, chain, {place}, link \
             FROM activity WHERE account_id IS NOT NULL AND seq = {last}"
        );
        let words = sql(&house, &statement).await.expect_err(place).to_string();
        // a place that is taken is refused by its index already
        assert!(words.contains("follow each other") || words.contains("chain"), "{place}: {words}");
    }
}));

on_both!(verify_names_the_line_that_was_tampered_with, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    house.stranger().post("/v1/sessions", &json!({ "login": who.email, "password": WRONG })).await.expect(401);
    house.stranger().post("/v1/sessions", &json!({ "login": "no@example.org", "password": WRONG })).await.expect(401);
    assert_eq!(broken(&house).await, Vec::<String>::new());
    without_triggers(&house).await;
    let last = number(&house, "SELECT MAX(seq) AS number FROM activity").await;
    assert!(last >= 5, "{last} lines");
    let mine = "account_id IS NOT NULL AND seq";
    let missing_last = format!("line {last} is missing");
    let cases: &[(&[&str], &str)] = &[
        (&["UPDATE activity SET kind = 'session.opened' WHERE MINE = 2"], "line 2 ("),
        (&["UPDATE activity SET actor = 'scheduler' WHERE MINE = 3"], "line 3 ("),
        (
            &["UPDATE activity SET address = '203.0.113.1' WHERE MINE = 3"],
            "was altered in what it says about its origin",
        ),
        (&["UPDATE activity SET user_agent = 'other' WHERE MINE = 4"], "line 4 ("),
        (&["UPDATE activity SET detail = NULL WHERE kind = 'account.changed'"], "about its origin"),
        (
            &[
                "UPDATE activity SET salt = NULL, address = NULL, user_agent = NULL, request_id = NULL, detail = NULL WHERE MINE = 2",
            ],
            "line 2 (",
        ),
        // as if its account were closed, which no line says
        (
            &[
                "UPDATE account SET closed_at = created_at",
                "UPDATE activity SET salt = NULL, address = NULL, user_agent = NULL, request_id = NULL, detail = NULL WHERE MINE = 2",
            ],
            "line 2 (",
        ),
        (
            &[
                "UPDATE account SET status = 'closed', closed_at = created_at",
                "UPDATE activity SET salt = NULL, address = NULL, user_agent = NULL, request_id = NULL, detail = NULL WHERE MINE = 2",
            ],
            "line 2 was emptied although none says that the account was closed",
        ),
        (&["DELETE FROM activity WHERE MINE = 3"], "line 3 is missing"),
        // from the end, with and without its head
        (&["DELETE FROM activity WHERE MINE = LAST"], missing_last.as_str()),
        // two change places
        (
            &[
                "UPDATE activity SET seq = 1000 WHERE MINE = 2",
                "UPDATE activity SET seq = 2 WHERE MINE = 3",
                "UPDATE activity SET seq = 3 WHERE MINE = 1000",
            ],
            "line 2 (",
        ),
        // one is slipped in: the others make room
        (
            &[
                "UPDATE activity SET seq = seq + 1000 WHERE MINE > 2",
                "UPDATE activity SET seq = seq - 999 WHERE MINE > 1000",
                "INSERT INTO activity (id, account_id, at, kind, actor, chain, seq, salt, commitment, link) \
                 SELECT FRESH, account_id, at, kind, actor, chain, 3, salt, commitment, link FROM activity WHERE MINE = 2",
            ],
            "line 3 (",
        ),
        // one is added at the end
        (
            &["INSERT INTO activity (id, account_id, at, kind, actor, chain, seq, salt, commitment, link) \
               SELECT FRESH, account_id, at, kind, actor, chain, LAST + 1, salt, commitment, link FROM activity WHERE MINE = 2"],
            "was added beyond the head",
        ),
        // one that claims to be older than the chain
        (
            &["INSERT INTO activity (id, account_id, at, kind, actor, chain, seq) \
               SELECT FRESH, account_id, at, kind, actor, chain, 0 FROM activity WHERE MINE = 2"],
            "1 lines from before the chain, of 0",
        ),
        (
            &["INSERT INTO activity (id, account_id, at, kind, actor) \
               SELECT FRESH, account_id, at, kind, actor FROM activity WHERE MINE = 2"],
            "1 lines stand in no chain",
        ),
        // all of it
        (&["DELETE FROM activity WHERE account_id IS NOT NULL"], "line 1 is missing"),
        (&["DELETE FROM activity WHERE account_id IS NULL"], "line 1 is missing"),
        (
            &["DELETE FROM activity_head WHERE chain IN (SELECT account_id FROM activity)"],
            "lines without the head of their chain",
        ),
    ];
    let fresh = fresh(&house);
    for (statements, expected) in cases {
        for statement in *statements {
            let statement = statement.replace("MINE", mine).replace("LAST", &last.to_string()).replace("FRESH", fresh);
            sql(&house, &statement).await.unwrap();
        }
        let said = broken(&house).await;
        assert!(said.iter().any(|each| each.contains(expected)), "{statements:?} should say `{expected}`: {said:#?}");
        restore(&house).await;
    }
    for table in ["kept", "kept_head"] {
        sql(&house, &format!("DROP TABLE {table}")).await.unwrap();
    }
}));

on_both!(kept_heads_show_what_was_cut_off_with_its_head, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let who = house.customer().await;
    let mut kept = Vec::new();
    assert!(api::verify::activity::export(&house.app, &mut kept).await.unwrap() > 0);
    let kept = api::verify::activity::read(std::str::from_utf8(&kept).unwrap()).unwrap();
    // the log goes on: an older head is still in it
    who.patch("/v1/account", &json!({ "city": "Lyon" })).await.expect(200);
    assert_eq!(api::verify::run_with(&house.app, &kept).await.unwrap(), Vec::new());
    let mut later = Vec::new();
    api::verify::activity::export(&house.app, &mut later).await.unwrap();
    let later = api::verify::activity::read(std::str::from_utf8(&later).unwrap()).unwrap();
    // the last line goes, and its head goes back: the chain alone cannot tell
    without_triggers(&house).await;
    let last = number(&house, "SELECT MAX(seq) AS number FROM activity").await;
    for statement in [
        format!("DELETE FROM activity WHERE account_id IS NOT NULL AND seq = {last}"),
        format!(
            "UPDATE activity_head SET seq = {last} - 1, link = (SELECT link FROM activity a WHERE a.chain = activity_head.chain AND a.seq = {last} - 1) WHERE seq = {last}"
        ),
    ] {
        sql(&house, &statement).await.unwrap();
    }
    assert_eq!(broken(&house).await, Vec::<String>::new());
    let found = api::verify::run_with(&house.app, &later).await.unwrap();
    assert!(found.len() == 1 && found[0].detail.contains(&format!("line {last}")), "{found:#?}");
    restore(&house).await;
    for table in ["kept", "kept_head"] {
        sql(&house, &format!("DROP TABLE {table}")).await.unwrap();
    }
    assert!(api::verify::activity::read("no head at all").is_err());
}));

on_both!(from_where_visitors_came_is_kept_for_a_year, "2026-01-30T09:00:00Z", |house| Box::pin(async move {
    let origin = async || {
        let contents = crate::schema::contents(&house).await;
        contents["activity"].iter().filter(|row| row.contains("198.51.100.7")).count()
    };
    let visitor = house.stranger().at("198.51.100.7");
    let operator = house.operator().await.at("198.51.100.8");
    let mut plan = house::contract::operation("publish_plan").example().unwrap();
    plan["code"] = json!("vps-audited");
    operator.post("/v1/operator/plans", &plan).await.expect(201);
    visitor.post("/v1/sessions", &json!({ "login": "no@example.org", "password": WRONG })).await.expect(401);
    assert_eq!(origin().await, 1);
    house.travel_to("2027-01-30T09:00:00Z").await;
    visitor.post("/v1/sessions", &json!({ "login": "no@example.org", "password": WRONG })).await.expect(401);
    api::housekeeping::sweep(&house.app, api::housekeeping::Reach::Recent).await;
    assert_eq!(origin().await, 2, "not a moment sooner");
    house.clock.set("2027-01-30T09:00:01Z".parse().unwrap());
    api::housekeeping::sweep(&house.app, api::housekeeping::Reach::Recent).await;
    assert_eq!(origin().await, 1);
    assert_eq!(broken(&house).await, Vec::<String>::new());
    // what operators did is kept, however old
    house.clock.set("2029-01-30T09:00:00Z".parse().unwrap());
    api::housekeeping::sweep(&house.app, api::housekeeping::Reach::All).await;
    assert_eq!(origin().await, 0);
    let contents = crate::schema::contents(&house).await;
    assert_eq!(contents["activity"].iter().filter(|row| row.contains("198.51.100.8")).count(), 1);
    visitor.post("/v1/sessions", &json!({ "login": "no@example.org", "password": WRONG })).await.expect(401);
    // one that is emptied before its time is named
    let emptied = "UPDATE activity SET salt = NULL, address = NULL, user_agent = NULL, request_id = NULL, detail = NULL \
                   WHERE address = '198.51.100.7'";
    sql(&house, emptied).await.unwrap();
    let said = broken(&house).await;
    assert!(said.len() == 1 && said[0].contains("was emptied although"), "{said:#?}");
    house.clock.set("2030-01-30T09:00:01Z".parse().unwrap());
    assert_eq!(broken(&house).await, Vec::<String>::new(), "by now it would be");
    without_triggers(&house).await;
    let emptied = "UPDATE activity SET salt = NULL, address = NULL, user_agent = NULL, request_id = NULL, detail = NULL \
                   WHERE address = '198.51.100.8'";
    sql(&house, emptied).await.unwrap();
    let said = broken(&house).await;
    assert!(said.len() == 1 && said[0].contains("was emptied although"), "an operator's line: {said:#?}");
    restore(&house).await;
    for table in ["kept", "kept_head"] {
        sql(&house, &format!("DROP TABLE {table}")).await.unwrap();
    }
}));

/// Kinds are written down where they are noted: each of them has words in both languages.
#[test]
fn every_kind_that_code_notes_has_words() {
    let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../api/src");
    let call = regex::Regex::new(
        r#"(?:record::activity|record::of_nobody|note_visitor|note)\(\s*tx,\s*cx,[^;{]*?"([a-z_]+\.[a-z_]+)""#,
    )
    .unwrap();
    let mut kinds = std::collections::BTreeSet::new();
    let mut folders = vec![source];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                let text = std::fs::read_to_string(path).unwrap();
                kinds.extend(call.captures_iter(&text).map(|found| found[1].to_owned()));
            }
        }
    }
    assert!(kinds.len() > 50, "{kinds:?}");
    let silent: Vec<_> = kinds.iter().filter(|kind| api::words::activity::find(kind).is_none()).collect();
    assert!(silent.is_empty(), "add words for {silent:?} to api/src/words/activity.rs");
}
