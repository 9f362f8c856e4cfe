//! Request rates: a closed loop of tasks, each sends its next request when it has its answer.

use crate::server::Server;
use crate::store::Store;
use api::clock::{Clock, SystemClock};
use chrono::Days;
use house::seed::{self, Due};
use house::{Client, On};
use serde_json::json;
use std::time::{Duration, Instant};

/// Requests under way at once.
pub const TASKS: usize = 8;
/// Customers in the database, with so many services each.
const ACCOUNTS: usize = 100;
const SERVICES_EACH: usize = 25;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    List,
    Get,
    LogIn,
}

impl Work {
    pub const ALL: [Self; 3] = [Self::List, Self::Get, Self::LogIn];

    pub const fn name(self) -> &'static str {
        match self {
            Self::List => "list 25 services",
            Self::Get => "get one service",
            Self::LogIn => "log in (argon2id)",
        }
    }
}

/// A server with customers.
pub struct Bench {
    store: Store,
    server: Server,
    token: String,
    service: String,
}

impl Bench {
    pub async fn open(on: On) -> Self {
        let store = Store::new(on).await;
        let now = SystemClock.now();
        let app = store.open(now).await;
        // nothing is due meanwhile
        let on = now.date_naive().checked_add_days(Days::new(20)).unwrap();
        let what = Due { accounts: ACCOUNTS, services_each: SERVICES_EACH, on, token: "sim_ok" };
        seed::due_with(&app, what).await;
        app.db.close().await;
        let server = Server::start(&store.url, store.folder.path()).await;
        let mut client = Client::new(&server.base);
        client.email = seed::email(0);
        client.log_in().await;
        let service = client.service().await["id"].as_str().unwrap().to_owned();
        Self { store, server, token: client.token.unwrap(), service }
    }

    /// Requests per second, and the server's CPU for each in milliseconds.
    pub async fn run(&self, work: Work, time: Duration) -> (f64, f64) {
        let client = reqwest::Client::new();
        let (cpu, begin) = (self.server.cpu_ms(), Instant::now());
        let mut tasks = Vec::with_capacity(TASKS);
        for task in 0..TASKS {
            let (client, token) = (client.clone(), self.token.clone());
            let url = match work {
                Work::List => format!("{}/v1/services?limit={SERVICES_EACH}", self.server.base),
                Work::Get => format!("{}/v1/services/{}", self.server.base, self.service),
                Work::LogIn => format!("{}/v1/sessions", self.server.base),
            };
            tasks.push(tokio::spawn(async move {
                let mut done = 0_u64;
                while begin.elapsed() < time {
                    let request = match work {
                        Work::List | Work::Get => client.get(&url).bearer_auth(&token),
                        Work::LogIn => client
                            .post(&url)
                            .header("Idempotency-Key", house::client::fresh_key())
                            .json(&json!({ "login": seed::email(task as u64), "password": house::house::PASSWORD })),
                    };
                    let answer = request.send().await.unwrap();
                    assert!(answer.status().is_success(), "{}", answer.status());
                    answer.bytes().await.unwrap();
                    done += 1;
                }
                done
            }));
        }
        let mut done = 0;
        for task in tasks {
            done += task.await.unwrap();
        }
        let done = done as f64;
        (done / begin.elapsed().as_secs_f64(), (self.server.cpu_ms() - cpu) / done)
    }

    pub fn memory_mib(&self) -> f64 {
        self.server.memory_mib()
    }

    pub async fn close(self) {
        self.server.stop();
        self.store.close().await;
    }
}
