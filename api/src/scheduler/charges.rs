//! Charges that are due: many in one transaction before the gateway is called, many in one after it. A
//! chunk that fails is tried one by one, so that one charge never stops another.

use super::{Effect, finish};
use crate::actions::payment::{self, charge, reconcile, settle};
use crate::actions::service::lock_accounts;
use crate::actions::{Context, Error};
use crate::app::App;
use crate::db::Tx;
use crate::payment::gateway::{ChargeOutcome, Found};
use chrono::{DateTime, TimeDelta, Utc};
use domain::id::AttemptId;
use entity::milestone;
use futures_util::StreamExt;
use futures_util::stream;
use tokio::sync::Semaphore;

/// Charges of one transaction: a writer waits for it on SQLite, so it stays well below 200 ms.
const CHUNK: usize = 25;
/// Chunks under way at once: while one waits for the gateway another one writes.
const CHUNKS: usize = 4;
/// Minutes until a charge that called another attempt off looks again.
const CALLED_OFF_MINUTES: i64 = 1;

/// What the gateway said about one charge.
struct Answer<'a> {
    due: &'a milestone::Model,
    attempt: AttemptId,
    said: Said,
}

enum Said {
    Charged(ChargeOutcome),
    CalledOff(Found),
}

/// One run of charges.
struct Charges<'a> {
    app: &'a App,
    now: DateTime<Utc>,
    gateway: Semaphore,
}

/// Runs claimed charges. What fails is recorded with its milestone.
///
/// # Errors
/// The database's, when even that cannot be recorded.
pub async fn run(app: &App, now: DateTime<Utc>, due: &[milestone::Model]) -> Result<(), Error> {
    let at_once = app.config().scheduler.gateway_concurrency.max(1);
    let charges = Charges { app, now, gateway: Semaphore::new(at_once) };
    let mut running = stream::iter(due.chunks(CHUNK).map(|chunk| charges.chunk(chunk))).buffer_unordered(CHUNKS);
    while let Some(outcome) = running.next().await {
        outcome?;
    }
    Ok(())
}

impl Charges<'_> {
    fn cx(&self) -> Context<'_> {
        Context::scheduler(&self.app.tools, self.now, self.app.now())
    }

    /// Attempts are written down and committed, the gateway is called, outcomes are recorded. A crash after
    /// the first leaves attempts that are looked up by whoever takes the milestones over.
    async fn chunk(&self, due: &[milestone::Model]) -> Result<(), Error> {
        let prepared = match self.prepare(due).await {
            Ok(prepared) => prepared,
            Err(error) if due.len() > 1 => {
                tracing::warn!(%error, charges = due.len(), "charging one by one");
                let mut prepared = Vec::new();
                for one in due {
                    match self.prepare(std::slice::from_ref(one)).await {
                        Ok(mut alone) => prepared.append(&mut alone),
                        Err(error) => self.failed(one, &error).await?,
                    }
                }
                prepared
            }
            Err(error) => return self.failed_all(due, &error).await,
        };
        let asked = prepared.into_iter().map(|(due, prepared)| async move { (due, self.ask(due, prepared).await) });
        let asked: Vec<_> = stream::iter(asked).buffer_unordered(due.len().max(1)).collect().await;
        let mut answers = Vec::with_capacity(asked.len());
        for (due, answer) in asked {
            match answer {
                Ok(answer) => answers.extend(answer),
                Err(error) => self.failed(due, &error).await?,
            }
        }
        self.record_all(&answers).await
    }

    async fn failed(&self, due: &milestone::Model, error: &Error) -> Result<(), Error> {
        finish::failure(self.app, self.now, due, error).await
    }

    async fn failed_all(&self, due: &[milestone::Model], error: &Error) -> Result<(), Error> {
        for one in due {
            self.failed(one, error).await?;
        }
        Ok(())
    }

    /// The first transaction: what each charge needs, its attempt written down as sent.
    async fn prepare<'b>(
        &self,
        due: &'b [milestone::Model],
    ) -> Result<Vec<(&'b milestone::Model, charge::Prepared)>, Error> {
        let cx = self.cx();
        self.app
            .transact(async |tx: &Tx| {
                lock_accounts(tx, due.iter().map(|one| one.account_id)).await?;
                let mut prepared = Vec::with_capacity(due.len());
                finish::still_mine(tx, due).await?;
                for one in due {
                    let outcome = charge::prepare(tx, &cx, one).await?;
                    if let charge::Prepared::Finished(effect) = outcome {
                        finish::effect(tx, self.now, one, effect).await?;
                    }
                    prepared.push((one, outcome));
                }
                Ok::<_, Error>(prepared)
            })
            .await
    }

    /// Calls the gateway, with no transaction open.
    async fn ask<'b>(
        &self,
        due: &'b milestone::Model,
        prepared: charge::Prepared,
    ) -> Result<Option<Answer<'b>>, Error> {
        let _turn = self.gateway.acquire().await.map_err(Error::internal)?;
        Ok(match prepared {
            charge::Prepared::Finished(_) => None,
            charge::Prepared::Call(attempt) => {
                let said = Said::Charged(payment::call(self.app, attempt, self.now).await?);
                Some(Answer { due, attempt, said })
            }
            charge::Prepared::Recover(attempt) => {
                let said = Said::Charged(reconcile::recover(self.app, attempt, self.now).await?);
                Some(Answer { due, attempt, said })
            }
            charge::Prepared::CallOff(attempt) => {
                let lookup = payment::lookup(self.app, attempt, self.now).await?;
                let said = Said::CalledOff(payment::cancel(self.app, &lookup).await);
                Some(Answer { due, attempt, said })
            }
        })
    }

    async fn record_all(&self, answers: &[Answer<'_>]) -> Result<(), Error> {
        let Err(error) = self.record(answers).await else { return Ok(()) };
        if answers.len() > 1 {
            tracing::warn!(%error, charges = answers.len(), "recording one by one");
        }
        for one in answers {
            if let Err(error) = self.record(std::slice::from_ref(one)).await {
                self.failed(one.due, &error).await?;
            }
        }
        Ok(())
    }

    /// The last transaction: what became of each attempt and milestone.
    async fn record(&self, answers: &[Answer<'_>]) -> Result<(), Error> {
        if answers.is_empty() {
            return Ok(());
        }
        let cx = self.cx();
        self.app
            .transact(async |tx: &Tx| {
                lock_accounts(tx, answers.iter().map(|answer| answer.due.account_id)).await?;
                for Answer { due, attempt, said } in answers {
                    let effect = match said {
                        Said::Charged(outcome) => {
                            settle::settle(tx, &cx, *attempt, outcome).await?;
                            Effect::Done("charged")
                        }
                        Said::CalledOff(found) => {
                            if let Found::Charge(outcome) = found {
                                settle::settle(tx, &cx, *attempt, outcome).await?;
                            }
                            Effect::Wait(self.now + TimeDelta::minutes(CALLED_OFF_MINUTES), "calling_off")
                        }
                    };
                    finish::effect(tx, self.now, due, effect).await?;
                }
                Ok::<_, Error>(())
            })
            .await
    }
}
