//! The whole of Tacit in this process.

use crate::client::Client;
use crate::gateway::TestGateway;
use crate::postgres;
use api::app::App;
use api::clock::{Clock, ManualClock};
use api::config::Config;
use api::db::{Db, Lock};
use api::entropy::SystemEntropy;
use api::mail::deliver::{DeliveryScope, deliver_due};
use api::mail::{Mailer, SentMail};
use api::scheduler::{self, Scope};
use chrono::{DateTime, TimeDelta, Utc};
use domain::timeline::MilestoneState;
use entity::milestone;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// The password of everybody in the tests.
pub const PASSWORD: &str = "violet harbour 94 lantern";

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    /// An embedded file.
    Sqlite,
    /// A database of its own on the test cluster.
    Postgres,
}

/// See the module.
pub struct House {
    /// The process.
    pub app: Arc<App>,
    /// Its clock.
    pub clock: ManualClock,
    /// Its gateway.
    pub gateway: Arc<TestGateway>,
    /// Where it listens.
    pub base: String,
    /// The database's URL.
    pub database_url: String,
    stop: actix_web::dev::ServerHandle,
    /// Its database.
    pub on: On,
    folder: tempfile::TempDir,
    names: AtomicU32,
}

/// The settings of the tests: no rate limits, a fixed key, mail in memory.
pub fn config(database_url: &str, folder: &std::path::Path) -> Config {
    let mut config = Config {
        database_url: database_url.into(),
        mail_url: "memory:".into(),
        secret_key: Some("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f".into()),
        test_clocks: true,
        rate_limits: false,
        workers: 1,
        var_dir: folder.to_owned(),
        trusted_proxies: "127.0.0.0/8".to_owned(),
        ..Config::default()
    };
    config.scheduler.max_due_share = 100;
    // a year in a test would be twelve mails that it is not about
    config.scheduler.check_up_reminders = false;
    config.password.slots = 2;
    config.sms.url = "memory:".into();
    // everybody in the tests comes from one address
    config.throttle.failures_per_address = 0;
    config
}

impl House {
    /// Opens a house at an instant.
    pub async fn open(on: On, now: &str) -> Arc<Self> {
        Self::open_with(on, now, |_| {}).await
    }

    /// Opens a house with settings of its own.
    pub async fn open_with(on: On, now: &str, change: impl FnOnce(&mut Config)) -> Arc<Self> {
        let folder = tempfile::tempdir().unwrap();
        let database_url = match on {
            On::Sqlite => format!("sqlite://{}/tacit.db", folder.path().display()),
            On::Postgres => postgres::fresh_database().await,
        };
        let mut config = config(&database_url, folder.path());
        change(&mut config);
        let clock = ManualClock::at(now.parse().unwrap());
        let gateway = Arc::new(TestGateway::default());
        let db = Db::open(&database_url, Lock::Exclusive).await.unwrap();
        db.migrate().await.unwrap();
        let mailer = Mailer::from_url("memory:", &config.mail_from).unwrap();
        let app = api::serve::build_app(
            config,
            db,
            Arc::new(clock.clone()),
            Box::new(SystemEntropy::default()),
            mailer,
            Arc::clone(&gateway) as Arc<_>,
        )
        .await
        .unwrap();
        let app = Arc::new(app);
        api::seed::demo(&app).await.unwrap();
        let listening = api::serve::listen(Arc::clone(&app), SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let base = format!("http://{}", listening.address);
        let stop = listening.handle;
        tokio::spawn(listening.server);
        let names = AtomicU32::new(0);
        Arc::new(Self { app, clock, gateway, base, database_url, stop, on, folder, names })
    }

    /// Ends the house: nothing due may be left undone, no mail unsent, no invariant broken.
    pub async fn close(&self) {
        self.settle().await;
        let broken = api::verify::run(&self.app).await.unwrap();
        assert!(broken.is_empty(), "invariants broken: {broken:#?}");
        self.stop.stop(false).await;
        self.app.db.close().await;
        if self.on == On::Postgres {
            postgres::drop_database(&self.database_url).await;
        }
    }

    /// Where runtime files go.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// The present instant.
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Somebody unknown.
    pub fn stranger(&self) -> Client {
        Client::new(&self.base)
    }

    /// An operator.
    pub async fn operator(&self) -> Client {
        let now = self.now();
        let cx = api::actions::Context::scheduler(&self.app.tools, now, now);
        let (_, token) =
            self.app.transact(async |tx| api::actions::operator::create_token(tx, &cx, "tests").await).await.unwrap();
        self.stranger().with_token(&token)
    }

    /// A customer with a verified address and a complete profile.
    pub async fn customer(&self) -> Client {
        let client = self.newcomer().await;
        let profile = json!({
            "first_name": "Ada", "last_name": "Martin", "street": "12 rue des Lilas",
            "postal_code": "75011", "city": "Paris", "country": "FR",
        });
        client.patch("/v1/account", &profile).await.expect(200);
        client
    }

    /// A customer with a verified address and nothing else.
    pub async fn newcomer(&self) -> Client {
        let number = self.names.fetch_add(1, Ordering::Relaxed);
        let email = format!("customer{number}@example.org");
        let mut client = self.stranger();
        client.email.clone_from(&email);
        client
            .post("/v1/accounts", &json!({ "email": email, "password": PASSWORD, "language": "en" }))
            .await
            .expect(202);
        self.settle().await;
        let code = self.code_for(&email);
        let session =
            client.post("/v1/accounts/email-verification", &json!({ "email": email, "code": code })).await.expect(201);
        client.token = Some(session.text("/access_token"));
        client
    }

    /// A customer with a default method.
    pub async fn customer_paying_with(&self, token: &str) -> Client {
        let client = self.customer().await;
        client.add_method(token).await.expect(201);
        client
    }

    /// A customer with one delivered service.
    pub async fn customer_with_service(&self, (token, plan, period, mode): (&str, &str, &str, &str)) -> Client {
        let client = self.customer_paying_with(token).await;
        client.order(plan, period, mode).await;
        self.settle().await;
        client
    }

    /// Runs what is due now, makes exports and delivers the mails, until nothing is left.
    pub async fn settle(&self) {
        loop {
            let ran = scheduler::drain(&self.app, Scope::Ordinary, self.now()).await.unwrap().ran;
            let made = scheduler::exports::make_due(&self.app).await.unwrap();
            let sent = deliver_due(&self.app, DeliveryScope::All, 200).await.unwrap();
            let sent = sent + api::sms::deliver_due(&self.app).await.unwrap();
            let made = made + scheduler::vat_checks::run(&self.app).await.unwrap();
            if ran + made == 0 && sent == 0 {
                return;
            }
        }
    }

    /// As [`House::settle`], but says what failed instead of panicking.
    pub async fn try_settle(&self) -> Result<(), api::actions::Error> {
        loop {
            let ran = scheduler::drain(&self.app, Scope::Ordinary, self.now()).await?.ran;
            let made = scheduler::exports::make_due(&self.app).await?;
            let sent = deliver_due(&self.app, DeliveryScope::All, 200).await?;
            let sent = sent + api::sms::deliver_due(&self.app).await?;
            let made = made + scheduler::vat_checks::run(&self.app).await?;
            if ran + made == 0 && sent == 0 {
                return Ok(());
            }
        }
    }

    /// Takes the mail relay down, or up again.
    pub fn relay(&self, reachable: api::mail::Reachable) {
        self.app.mailer.set_reachable(reachable);
    }

    /// Deletes the only service although an attempt on its debt is live: what no guard lets through.
    pub async fn force_delete_only_service(&self) {
        use entity::{account, attempt_target, service};
        use sea_orm::sea_query::Expr;
        let now = self.now();
        let cx = api::actions::Context::scheduler(&self.app.tools, now, now);
        self.app
            .transact(async |tx| {
                let service = service::Entity::find().one(&**tx).await?.unwrap();
                let account = account::Entity::find_by_id(service.account_id).one(&**tx).await?.unwrap();
                let live =
                    attempt_target::Entity::find().filter(attempt_target::Column::Live.eq(true)).all(&**tx).await?;
                attempt_target::Entity::update_many()
                    .col_expr(attempt_target::Column::Live, Expr::value(false))
                    .exec(&**tx)
                    .await?;
                let cause = domain::service::DeletionCause::Operator;
                api::actions::service::delete::delete(tx, &cx, &account, &service, cause).await?;
                for target in live {
                    attempt_target::Entity::update_many()
                        .col_expr(attempt_target::Column::Live, Expr::value(true))
                        .filter(attempt_target::Column::AttemptId.eq(target.attempt_id))
                        .exec(&**tx)
                        .await?;
                }
                Ok::<_, api::actions::Error>(())
            })
            .await
            .unwrap();
    }

    /// Moves the clock to an instant; everything due on the way happens at its time, mails included.
    pub async fn travel_to(&self, to: &str) {
        let to: DateTime<Utc> = to.parse().unwrap();
        assert!(to >= self.now(), "time goes forward: {to} is before {}", self.now());
        self.settle().await;
        while let Some(next) = self.next_due().await.filter(|next| *next <= to) {
            self.clock.set(next.max(self.now()));
            self.settle().await;
        }
        self.clock.set(to);
        self.settle().await;
    }

    /// Moves the clock by days.
    pub async fn travel_days(&self, days: i64) {
        let to = self.now() + TimeDelta::days(days);
        self.travel_to(&to.to_rfc3339()).await;
    }

    async fn next_due(&self) -> Option<DateTime<Utc>> {
        milestone::Entity::find()
            .filter(milestone::Column::State.eq(MilestoneState::Planned))
            .filter(milestone::Column::TestClockId.is_null())
            .filter(milestone::Column::RunAt.gt(self.now()))
            .order_by_asc(milestone::Column::RunAt)
            .one(&**self.app.read())
            .await
            .unwrap()
            .map(|row| row.run_at)
    }

    /// Every mail sent so far.
    pub fn mails(&self) -> Vec<SentMail> {
        self.app.mailer.sent()
    }

    /// The subjects of the mails to an address, oldest first.
    pub fn subjects(&self, email: &str) -> Vec<String> {
        self.mails().into_iter().filter(|mail| mail.to.contains(email)).map(|mail| mail.subject).collect()
    }

    /// The last six-digit code mailed to an address.
    #[track_caller]
    pub fn code_for(&self, email: &str) -> String {
        let found = self.mails().into_iter().rev().filter(|mail| mail.to.contains(email)).find_map(|mail| {
            mail.text.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == 6).map(str::to_owned)
        });
        found.unwrap_or_else(|| panic!("no code was mailed to {email}"))
    }

    /// The last code sent to a phone number.
    #[track_caller]
    pub fn code_at(&self, number: &str) -> String {
        let text = self.app.texter.sent().into_iter().rev().find(|text| text.to == number);
        let text = text.unwrap_or_else(|| panic!("nothing was sent to {number}")).body;
        text.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == 6).unwrap().to_owned()
    }

    /// The last token (43 characters) mailed to an address.
    #[track_caller]
    pub fn token_for(&self, email: &str) -> String {
        let is_token = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let found =
            self.mails().into_iter().rev().filter(|mail| mail.to.contains(email)).find_map(|mail| {
                mail.text.split(|c: char| !is_token(c)).find(|word| word.len() == 43).map(str::to_owned)
            });
        found.unwrap_or_else(|| panic!("no token was mailed to {email}"))
    }
}
