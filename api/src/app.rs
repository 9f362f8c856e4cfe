//! What every part of the process shares, and the only place that opens a write transaction.

use crate::clock::Clock;
use crate::config::Config;
use crate::db::{Db, Reader, Tx, may_retry};
use crate::entropy::Entropy;
use crate::mail::Mailer;
use crate::password::Passwords;
use crate::payment::gateway::Gateway;
use crate::seal::Sealer;
use crate::seal::root::Roots;
use crate::token::AccessTokens;
use chrono::{DateTime, Utc};
use sea_orm::DbErr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// How often a transaction that lost a race is run again.
const MAX_TRIES: u32 = 8;

/// What actions may use besides their transaction: no database, no network.
pub struct Tools {
    /// Settings.
    pub config: Config,
    /// Ids, codes, tokens.
    pub entropy: Box<dyn Entropy>,
    /// Secrets at rest.
    pub sealer: Sealer,
    /// Renders mails.
    pub templates: crate::mail::Templates,
    /// Who browsers and security keys say that they talk to.
    pub relying_party: webauthn_rs::Webauthn,
    /// Rates of VAT.
    pub vat_rates: domain::tax::Rates,
}

impl std::fmt::Debug for Tools {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tools").finish_non_exhaustive()
    }
}

/// The process.
pub struct App {
    /// The database.
    pub db: Db,
    /// Real time.
    pub clock: Arc<dyn Clock>,
    /// What actions may use.
    pub tools: Tools,
    /// Where mails go.
    pub mailer: Mailer,
    /// Where text messages go.
    pub texter: crate::sms::Texter,
    /// Where VAT ids are asked for, if anywhere.
    pub vies: Option<crate::vies::Vies>,
    /// Where money comes from.
    pub gateway: Arc<dyn Gateway>,
    /// Password hashing in its bounded pool.
    pub passwords: Passwords,
    /// What the stored keys are wrapped by.
    pub roots: Roots,
    /// Signs and checks access tokens.
    pub access_tokens: AccessTokens,
    /// The process is about to stop: nothing new is claimed.
    pub stopping: AtomicBool,
    /// Plants failures at commit points; does nothing unless a test arms it.
    pub faults: crate::fault::FaultPlan,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").finish_non_exhaustive()
    }
}

impl App {
    /// Real time now.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The reading handle.
    #[must_use]
    pub const fn read(&self) -> &Reader {
        self.db.read()
    }

    /// The settings.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.tools.config
    }

    /// Runs `work` in a write transaction: committed if it answers `Ok`, undone otherwise. A
    /// transaction that lost a race (40001, 40P01, busy) is run again from its start, so `work` must
    /// have no effect outside the transaction.
    ///
    /// # Errors
    /// What `work` answers, or the database's.
    pub async fn transact<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFn(&Tx) -> Result<T, E>,
        E: From<DbErr> + Lost,
    {
        let mut tries = 0;
        loop {
            tries += 1;
            let tx = self.db.begin().await?;
            let outcome = work(&tx).await;
            let lost = match outcome {
                Ok(value) => {
                    if let Err(planted) = self.faults.before_commit() {
                        tx.rollback().await?;
                        return Err(planted.into());
                    }
                    match tx.commit().await {
                        Ok(()) => {
                            self.faults.after_commit()?;
                            return Ok(value);
                        }
                        Err(error) => E::from(error),
                    }
                }
                Err(error) => {
                    if let Err(error) = tx.rollback().await {
                        tracing::warn!(%error, "rolling back");
                    }
                    error
                }
            };
            if tries >= MAX_TRIES || !lost.lost_a_race() {
                return Err(lost);
            }
        }
    }
}

/// An error that may say that the transaction lost a race and can be run again.
pub trait Lost {
    /// Whether to run the transaction again.
    fn lost_a_race(&self) -> bool;
}

impl Lost for DbErr {
    fn lost_a_race(&self) -> bool {
        may_retry(self)
    }
}
