//! `make bench`: what renewals, starts and requests cost on this machine, beside the limit measured in the
//! same run. `BENCH_SERVICES` (10,000) services are renewed, `BENCH_ROUNDS` (3) times; medians are printed.
//!
//! Rates depend on the machine and on what else it does; the ratios to the limit and the CPU per unit
//! hardly do.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::large_futures,
    clippy::cast_precision_loss,
    reason = "a bench that cannot go on says so by panicking, and prints what it found"
)]

mod enumeration;
mod exports;
mod limit;
mod machine;
mod renewals;
mod requests;
mod server;
mod store;

use house::On;
use machine::{Spread, spread};
use std::time::Duration;

/// The released program's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Sizes, from the environment.
#[derive(Debug, Clone, Copy)]
struct Sizes {
    services: usize,
    rounds: usize,
    seconds: u64,
}

fn sizes() -> Sizes {
    let read = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    Sizes {
        services: read("BENCH_SERVICES").unwrap_or(10_000),
        rounds: read("BENCH_ROUNDS").unwrap_or(3).max(1),
        seconds: read("BENCH_SECONDS").unwrap_or(3).max(1) as u64,
    }
}

#[tokio::main]
async fn main() {
    let sizes = sizes();
    let only: Vec<String> = std::env::args().skip(1).collect();
    let wanted = |name: &str| only.is_empty() || only.iter().any(|each| each == name);
    println!("{}", machine::describe());
    println!("medians of {} rounds (least to most)", sizes.rounds);
    for on in [On::Sqlite, On::Postgres] {
        if wanted("renewals") {
            renewals(on, sizes).await;
        }
    }
    if wanted("start") {
        start(sizes).await;
    }
    for on in [On::Sqlite, On::Postgres] {
        if wanted("requests") {
            requests(on, sizes).await;
        }
    }
    for on in [On::Sqlite, On::Postgres] {
        if wanted("enumeration") {
            enumeration(on).await;
        }
    }
    for on in [On::Sqlite, On::Postgres] {
        if wanted("exports") {
            exports(on, sizes).await;
        }
    }
    println!("\n{}", machine::describe());
}

async fn exports(on: On, sizes: Sizes) {
    println!("\n== export of all the data of an account with {} mails, {on:?} ==", exports::MAILS);
    let mut rounds = Vec::new();
    for _ in 0..sizes.rounds {
        rounds.push(exports::round(on).await);
    }
    let all = |value: fn(&exports::Found) -> f64| spread(rounds.iter().map(value).collect());
    println!("  archive                      {} MiB", all(|found| found.mib));
    println!("  made in                      {} s", all(|found| found.made_s));
    println!("  memory that making it took   {} MiB", all(|found| found.making_mib));
    println!("  read out in                  {} s", all(|found| found.sent_s));
    println!("  memory that sending it took  {} MiB", all(|found| found.sending_mib));
}

async fn enumeration(on: On) {
    println!("\n== does the time of an answer tell that an account exists? {on:?}, {} tries ==", enumeration::TRIES);
    for found in enumeration::round(on).await {
        let apart = (found.known.median / found.unknown.median - 1.0) * 100.0;
        println!("  {:<24} there {} ms   not there {} ms", found.what, found.known, found.unknown);
        println!("  {:<24} medians {apart:+.1} % apart, answers alike: {}", "", found.alike);
    }
}

async fn renewals(on: On, sizes: Sizes) {
    println!("\n== {} services due at once, {on:?} ==", sizes.services);
    let (mut issued, mut whole, mut cpu) = (Vec::new(), Vec::new(), Vec::new());
    let (mut bare, mut same) = (Vec::new(), Vec::new());
    // interleaved, so that a disturbance meets all of them
    for _ in 0..sizes.rounds {
        let round = renewals::round(on, sizes.services).await;
        issued.push(round.issued);
        whole.push(round.whole);
        cpu.push(round.cpu_ms);
        bare.push(limit::round(on, sizes.services, limit::Rows::Invoices).await);
        same.push(limit::round(on, sizes.services, limit::Rows::Everything).await);
    }
    let (issued, whole, bare, same) = (spread(issued), spread(whole), spread(bare), spread(same));
    println!("  renew: invoices issued                      {issued} /s");
    println!("  limit: invoice, line, period in one SQL transaction   {bare} /s   ratio {}", ratio(bare, issued));
    println!("  limit: every row that a renewal writes, the same way  {same} /s   ratio {}", ratio(same, issued));
    println!(
        "  renew + charge, receipts queued, re-planned {whole} /s   {} ms CPU each, database server apart",
        spread(cpu)
    );
}

fn ratio(limit: Spread, ours: Spread) -> String {
    format!("{:.1}", limit.median / ours.median)
}

async fn start(sizes: Sizes) {
    println!("\n== start of the release build, SQLite ==");
    let (mut empty, mut again, mut memory) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..sizes.rounds {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/tacit.db", folder.path().display());
        let first = server::Server::start(&url, folder.path()).await;
        empty.push(first.ready_after.as_secs_f64() * 1_000.0);
        first.stop();
        let second = server::Server::start(&url, folder.path()).await;
        again.push(second.ready_after.as_secs_f64() * 1_000.0);
        tokio::time::sleep(Duration::from_secs(2)).await;
        memory.push(second.memory_mib());
        second.stop();
    }
    println!("  empty folder to ready (migrated, catalogue loaded)  {} ms", spread(empty));
    println!("  migrated file to ready                              {} ms", spread(again));
    println!("  resident when idle                                  {} MiB", spread(memory));
}

async fn requests(on: On, sizes: Sizes) {
    println!("\n== requests over loopback, {on:?}, {} tasks, client on the same cores ==", requests::TASKS);
    let bench = requests::Bench::open(on).await;
    for work in requests::Work::ALL {
        let (mut rates, mut cpu) = (Vec::new(), Vec::new());
        for _ in 0..sizes.rounds {
            let (rate, ms) = bench.run(work, Duration::from_secs(sizes.seconds)).await;
            rates.push(rate);
            cpu.push(ms);
        }
        println!("  {:<28} {} /s   {} ms of server CPU each", work.name(), spread(rates), spread(cpu));
    }
    println!("  resident afterwards          {:.0} MiB", bench.memory_mib());
    bench.close().await;
}
