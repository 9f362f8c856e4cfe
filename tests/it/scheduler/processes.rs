//! Several scheduler processes on one PostgreSQL, each a process of its own; one of them dies.

use super::{at_boundary, due, verified};
use domain::payment::AttemptStatus;
use entity::{invoice, invoice_series, payment, payment_attempt};
use house::{House, On};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

const SERVICES: usize = 1_000;
const DUE: &str = "2026-03-31";
const NOW: &str = "2026-03-31T06:00:00Z";
/// When the leases of a process that died at [`NOW`] have run out.
const LATER: &str = "2026-03-31T06:10:00Z";

struct Node {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Node {
    /// Starts a process and waits until it is ready to begin.
    fn start(house: &House, now: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_scheduler_node"))
            .args([&house.database_url, now])
            .arg(journal(house))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert_eq!(line.trim(), "ready");
        Self { child, input, output }
    }

    fn go(&mut self) {
        writeln!(self.input).unwrap();
    }

    /// How many milestones it ran, once it has ended.
    fn finish(mut self) -> u64 {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        assert!(self.child.wait().unwrap().success());
        line.trim().parse().unwrap()
    }

    /// Kills it without a chance to tidy up.
    fn kill(mut self) {
        self.child.kill().unwrap();
        let status = self.child.wait().unwrap();
        assert_eq!(status.signal(), Some(9), "it had ended before it was killed: {status}");
    }
}

fn journal(house: &House) -> PathBuf {
    house.folder().join("charges")
}

async fn charged(house: &House) -> u64 {
    payment_attempt::Entity::find()
        .filter(payment_attempt::Column::Status.eq(AttemptStatus::Succeeded))
        .count(&**house.app.read())
        .await
        .unwrap()
        - SERVICES as u64 // those of the first periods
}

/// Each service has one renewal invoice, one charge that took money, and stands one boundary further.
async fn each_once(house: &House) {
    let db = &**house.app.read();
    let all = SERVICES as u64;
    assert_eq!(at_boundary(house, 2).await, all, "boundaries advanced by one");
    assert_eq!(charged(house).await, all, "attempts that succeeded");
    assert_eq!(payment_attempt::Entity::find().count(db).await.unwrap(), 2 * all, "and no other attempts");
    let renewals = payment::Entity::find().filter(payment::Column::Purpose.eq("invoice"));
    assert_eq!(renewals.count(db).await.unwrap(), all, "one payment for each renewal");
    assert_eq!(invoice::Entity::find().count(db).await.unwrap(), 2 * all, "one invoice for each period");
    let series = invoice_series::Entity::find().all(db).await.unwrap();
    assert_eq!(series.iter().map(|row| row.next - 1).sum::<i64>(), 2 * SERVICES as i64, "numbers without gap");
    verified(house).await;

    let text = std::fs::read_to_string(journal(house)).unwrap();
    let mut seen: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (key, amount) in text.lines().filter_map(|line| line.split_once(' ')) {
        seen.entry(key).or_default().push(amount);
    }
    assert_eq!(seen.len(), SERVICES, "the gateway saw one key for each service");
    assert!(seen.values().flatten().all(|amount| *amount == "7.20"), "each over the amount of its invoice");
}

async fn open() -> Arc<House> {
    let house = House::open(On::Postgres, NOW).await;
    due(&house, SERVICES, DUE).await;
    house
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_scheduler_processes_on_one_postgresql_charge_each_of_1000_due_services_once() {
    let house = open().await;
    let mut nodes: Vec<Node> = (0..3).map(|_| Node::start(&house, NOW)).collect();
    let begin = Instant::now();
    nodes.iter_mut().for_each(Node::go);
    let shares: Vec<u64> = nodes.into_iter().map(Node::finish).collect();
    let took = begin.elapsed();
    each_once(&house).await;
    assert_eq!(shares.iter().sum::<u64>(), 2 * SERVICES as u64, "one renewal and one charge each: {shares:?}");
    assert!(shares.iter().filter(|share| **share > 0).count() >= 2, "the work was shared: {shares:?}");
    println!("3 processes, {SERVICES} services: each charged once; milestones run {shares:?} in {took:?}");
    house.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_is_killed_in_the_middle_and_the_others_charge_each_service_once() {
    let house = open().await;
    let mut victim = Node::start(&house, NOW);
    let mut others: Vec<Node> = (0..2).map(|_| Node::start(&house, NOW)).collect();
    victim.go();
    others.iter_mut().for_each(Node::go);
    // charges are under way everywhere
    while charged(&house).await < SERVICES as u64 / 5 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    victim.kill();
    let at_death = charged(&house).await;
    assert!(at_death < SERVICES as u64, "it was killed in the middle");
    let shares: Vec<u64> = others.into_iter().map(Node::finish).collect();
    let without = charged(&house).await;
    // what the dead one held belongs to nobody until its leases run out
    let mut heir = Node::start(&house, LATER);
    heir.go();
    let inherited = heir.finish();
    each_once(&house).await;
    println!("killed after {at_death} charges; the others ran {shares:?} up to {without}, then {inherited} inherited");
    house.close().await;
}
