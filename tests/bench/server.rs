//! The release build of `tacit serve`, a process of its own.

use crate::machine;
use crate::store::SECRET_KEY;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server that is ready.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub base: String,
    /// From its start to its first 200 of `/health/ready`.
    pub ready_after: Duration,
}

/// The `tacit` beside this program: cargo puts what it builds in one folder.
fn tacit() -> PathBuf {
    let path = std::env::current_exe().unwrap().with_file_name("tacit");
    assert!(path.exists(), "{} is missing: cargo build --release -p api", path.display());
    path
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

impl Server {
    /// Starts it and waits until it is ready.
    pub async fn start(database_url: &str, folder: &Path) -> Self {
        let (tacit, address) = (tacit(), format!("127.0.0.1:{}", free_port()));
        let base = format!("http://{address}");
        let client = reqwest::Client::new();
        let begin = Instant::now();
        let child = Command::new(tacit)
            .arg("serve")
            .env("TACIT_DATABASE_URL", database_url)
            .env("TACIT_BIND", &address)
            .env("TACIT_VAR_DIR", folder)
            .env("TACIT_MAIL_URL", format!("file:{}/mail", folder.display()))
            .env("TACIT_SECRET_KEY", SECRET_KEY)
            .env("TACIT_SEED", "demo")
            .env("TACIT_RATE_LIMITS", "false")
            .env("TACIT_TRUSTED_PROXIES", "127.0.0.0/8")
            .env("RUST_LOG", "warn")
            .current_dir(folder)
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap();
        loop {
            let answer = client.get(format!("{base}/health/ready")).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                break;
            }
            assert!(begin.elapsed() < Duration::from_secs(30), "it does not become ready");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Self { child, base, ready_after: begin.elapsed() }
    }

    fn process(&self) -> String {
        self.child.id().to_string()
    }

    /// Its resident memory.
    pub fn memory_mib(&self) -> f64 {
        machine::memory_mib(&self.process())
    }

    /// The CPU it has used so far.
    pub fn cpu_ms(&self) -> f64 {
        machine::cpu_ms(&self.process())
    }

    /// Ends it as an operator would.
    pub fn stop(mut self) {
        let asked = Command::new("kill").arg(self.process()).status().unwrap();
        assert!(asked.success());
        assert!(self.child.wait().unwrap().success(), "it ends well");
    }
}
