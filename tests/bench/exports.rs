//! The export of an account with many mails: how long it takes, and how much memory for how large an archive.

use crate::machine::memory_mib;
use crate::renewals::{due_on, now};
use crate::store::Store;
use api::actions::{Context, Error, export};
use api::app::App;
use api::db::Tx;
use api::scheduler::exports::make_due;
use domain::id::AccountId;
use entity::{account, email};
use futures_util::StreamExt;
use house::{On, seed};
use sea_orm::{ActiveValue::Set, EntityTrait};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Mails of the account.
pub const MAILS: usize = 20_000;
/// Characters of a mail's text, and of its HTML; half of them cannot be compressed.
const TEXT: usize = 4_096;

/// What was found.
pub struct Found {
    pub mib: f64,
    pub made_s: f64,
    pub making_mib: f64,
    pub sent_s: f64,
    pub sending_mib: f64,
}

/// One export, made and sent.
pub async fn round(on: On) -> Found {
    let store = Store::new(on).await;
    let app = Arc::new(store.open(now()).await);
    seed::due(&app, 1, due_on()).await;
    let owner = account::Entity::find().one(&**app.read()).await.unwrap().unwrap();
    fill(&app, &owner).await;
    let cx = Context::scheduler(&app.tools, now(), now());
    let asked = app.transact(async |tx: &Tx| export::request(tx, &cx, owner.id).await).await.unwrap();
    let (made, making_mib) = watched(async { assert_eq!(make_due(&app).await.unwrap(), 1) }).await;
    let ready = export::load(&**app.read(), owner.id, asked.id).await.unwrap();
    let size = ready.size.unwrap();
    let archive = api::export::download::archive(Arc::clone(&app), &ready).unwrap();
    let (sent, sending_mib) = watched(async {
        let sent = archive.fold(0, async |sum, part| sum + part.unwrap().len()).await;
        assert_eq!(i64::try_from(sent).unwrap(), size);
    })
    .await;
    app.db.close().await;
    store.close().await;
    let mib = size as f64 / 1_048_576.0;
    Found { mib, made_s: made.as_secs_f64(), making_mib, sent_s: sent.as_secs_f64(), sending_mib }
}

/// How long something takes, and by how much the resident memory grows meanwhile.
async fn watched(work: impl Future<Output = ()>) -> (Duration, f64) {
    let (before, over) = (memory_mib("self"), Arc::new(AtomicBool::new(false)));
    let watching = Arc::clone(&over);
    let watcher = std::thread::spawn(move || {
        let mut most = 0.0_f64;
        while !watching.load(Ordering::Relaxed) {
            most = most.max(memory_mib("self"));
            std::thread::sleep(Duration::from_millis(5));
        }
        most
    });
    let begin = Instant::now();
    work.await;
    let took = begin.elapsed();
    over.store(true, Ordering::Relaxed);
    (took, (watcher.join().unwrap() - before).max(0.0))
}

async fn fill(app: &App, owner: &account::Model) {
    let cx = Context::scheduler(&app.tools, now(), now());
    for chunk in 0..MAILS / 100 {
        let rows: Vec<email::ActiveModel> = (0..100).map(|at| mail(&cx, owner, chunk * 100 + at)).collect();
        let stored: Result<(), Error> = app
            .transact(async |tx: &Tx| {
                email::Entity::insert_many(rows.clone()).exec_without_returning(&**tx).await?;
                Ok(())
            })
            .await;
        stored.unwrap();
    }
}

fn mail(cx: &Context<'_>, owner: &account::Model, number: usize) -> email::ActiveModel {
    let mut random = vec![0_u8; TEXT / 4];
    cx.tools.entropy.fill(&mut random);
    let text = api::seal::hex(&random) + &"the same in every mail ".repeat(TEXT / 46);
    let id: Option<AccountId> = Some(owner.id);
    email::ActiveModel {
        id: Set(cx.id()),
        account_id: Set(id),
        service_id: Set(None),
        kind: Set("renewal_notice".to_owned()),
        category: Set("renewal".to_owned()),
        language: Set(owner.language),
        to_address: Set(owner.email.clone().unwrap()),
        subject: Set(format!("Mail {number}")),
        text_body: Set(text.clone()),
        html_body: Set(text),
        sealed_secret: Set(None),
        cause: Set(format!("bench:{number}")),
        boundary: Set(None),
        cycle: Set(None),
        names_on: Set(None),
        state: Set("accepted".to_owned()),
        attempts: Set(1),
        due_at: Set(now()),
        lease_until: Set(None),
        fence: Set(0),
        created_at: Set(now()),
        accepted_at: Set(Some(now())),
        last_error: Set(None),
        authenticity_code: Set(None),
        copy_of: Set(None),
        has_secret: Set(false),
        useful_until: Set(None),
        bounced_at: Set(None),
        bounce_kind: Set(None),
        bounce_diagnostic: Set(None),
    }
}
