//! Follows the chains of the activity log and names the first link of each that does not hold. Runs beside
//! a server that goes on writing: what seems to be too much is looked at again at the end.

use super::Violation;
use crate::actions::{Actor, Error};
use crate::app::App;
use crate::chain;
use crate::seal::{Sealer, same};
use chrono::{DateTime, Utc};
use domain::account::AccountStatus;
use domain::id::AccountId;
use entity::{account, activity, activity_head};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Write;
use uuid::Uuid;

/// The promise.
pub const RULE: &str = "the activity log is as it was written";
/// The lines that the end of an account writes, and with which what says who somebody is may be erased.
const ENDINGS: [&str; 2] = ["account.closed", "account.sign_up_lapsed"];
/// Chains and lines that are looked at together.
const PAGE: u64 = 500;

/// Where a chain stood once, as [`export`] wrote it: `chain seq link`.
pub type Heads = HashMap<Uuid, (i64, String)>;

/// One chain on the way.
struct Walk {
    head: activity_head::Model,
    seq: i64,
    link: String,
    /// Its account is closed: what says who somebody is was erased.
    closed: bool,
    /// The first line that was emptied.
    emptied: Option<i64>,
    /// The line of its end was met.
    ended: bool,
    /// Before then visitors' lines may have been emptied.
    forgotten: DateTime<Utc>,
    /// Where it stood at an earlier time, if that is known.
    kept: Option<(i64, String)>,
    broken: Option<String>,
    /// A line stood beyond the head when the head was read.
    beyond: bool,
}

/// Every chain, beginning to end. `known` are heads from an earlier time: each must still be in its chain.
///
/// # Errors
/// The database's.
pub async fn run(app: &App, known: &Heads) -> Result<Vec<Violation>, Error> {
    let db = &**app.read();
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut after = None;
    loop {
        let heads = heads(after).all(db).await?;
        let Some(last) = heads.last().map(|head| head.chain) else { break };
        let mut walks = begin(app, heads, known).await?;
        follow(app, &mut walks).await?;
        for (chain, walk) in walks {
            seen.insert(chain);
            let mut broken = end(app, walk).await?;
            if broken.is_some() {
                // its account may have been closed meanwhile: then everything is read as it is now
                broken = again(app, chain, known).await?;
            }
            found.extend(broken.map(|what| violation(chain, &what)));
        }
        after = Some(last);
    }
    for chain in headless(app).await? {
        found.push(violation(chain, "lines without the head of their chain"));
    }
    let placeless = placeless(app).await?;
    if placeless > 0 {
        found.push(Violation { rule: RULE, detail: format!("{placeless} lines stand in no chain") });
    }
    for chain in known.keys().filter(|chain| !seen.contains(*chain)) {
        found.push(violation(*chain, "the whole chain is gone"));
    }
    Ok(found)
}

/// One chain, read once more.
async fn again(app: &App, chain: Uuid, known: &Heads) -> Result<Option<String>, Error> {
    let head = activity_head::Entity::find_by_id(chain).all(&**app.read()).await?;
    let mut walks = begin(app, head, known).await?;
    follow(app, &mut walks).await?;
    match walks.remove(&chain) {
        Some(walk) => end(app, walk).await,
        None => Ok(Some("its head is gone".to_owned())),
    }
}

/// Writes where each chain stands, a line each: kept away from the database, it shows later that nothing
/// was cut off.
///
/// # Errors
/// The database's; the writer's.
pub async fn export(app: &App, out: &mut impl Write) -> Result<u64, Error> {
    let (mut after, mut written) = (None, 0);
    loop {
        let page = heads(after).all(&**app.read()).await?;
        let Some(last) = page.last().map(|head| head.chain) else { return Ok(written) };
        for head in page.iter().filter(|head| head.seq > 0) {
            writeln!(out, "{} {} {}", head.chain, head.seq, head.link).map_err(Error::internal)?;
            written += 1;
        }
        after = Some(last);
    }
}

/// What [`export`] wrote.
///
/// # Errors
/// [`Error::Internal`] for a text that it did not write.
pub fn read(text: &str) -> Result<Heads, Error> {
    let line = |line: &str| {
        let mut words = line.split_whitespace();
        let (chain, seq, link) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?, words.next()?);
        Some((chain, (seq, link.to_owned())))
    };
    text.lines().map(|text| line(text).ok_or_else(|| Error::internal(format!("not a head: {text}")))).collect()
}

fn heads(after: Option<Uuid>) -> Select<activity_head::Entity> {
    let select = activity_head::Entity::find().order_by_asc(activity_head::Column::Chain).limit(PAGE);
    match after {
        None => select,
        Some(after) => select.filter(activity_head::Column::Chain.gt(after)),
    }
}

async fn begin(app: &App, heads: Vec<activity_head::Model>, known: &Heads) -> Result<BTreeMap<Uuid, Walk>, Error> {
    let closed: Vec<AccountId> = account::Entity::find()
        .select_only()
        .column(account::Column::Id)
        .filter(account::Column::Id.is_in(heads.iter().map(|head| head.chain)))
        .filter(account::Column::Status.eq(AccountStatus::Closed))
        .filter(account::Column::ClosedAt.is_not_null())
        .into_tuple()
        .all(&**app.read())
        .await?;
    let walk = |head: activity_head::Model| {
        let closed = closed.contains(&AccountId(head.chain));
        let kept = known.get(&head.chain).cloned();
        let walk = Walk {
            closed,
            emptied: None,
            ended: false,
            forgotten: app.now() - chain::VISITORS_KEPT,
            kept,
            seq: 0,
            link: String::new(),
            broken: None,
            beyond: false,
            head,
        };
        (walk.head.chain, walk)
    };
    Ok(heads.into_iter().map(walk).collect())
}

/// Reads the lines of these chains in order.
async fn follow(app: &App, walks: &mut BTreeMap<Uuid, Walk>) -> Result<(), Error> {
    use activity::Column;
    let (Some(first), Some(last)) = (walks.keys().next().copied(), walks.keys().next_back().copied()) else {
        return Ok(());
    };
    let sealer = &app.tools.sealer;
    let mut at = (first, 0_i64);
    loop {
        let beyond = Expr::tuple([Column::Chain.into_expr(), Column::Seq.into_expr()])
            .gt(Expr::tuple([Expr::value(at.0), Expr::value(at.1)]));
        let lines = activity::Entity::find()
            .filter(Column::Chain.lte(last))
            .filter(Column::Seq.gt(0))
            .filter(beyond)
            .order_by_asc(Column::Chain)
            .order_by_asc(Column::Seq)
            .limit(PAGE)
            .all(&**app.read())
            .await?;
        for line in &lines {
            let (Some(chain), Some(seq)) = (line.chain, line.seq) else { continue };
            at = (chain, seq);
            if let Some(walk) = walks.get_mut(&chain) {
                walk.step(sealer, line);
            }
        }
        if lines.len() < usize::try_from(PAGE).unwrap_or(usize::MAX) {
            return Ok(());
        }
    }
}

impl Walk {
    fn step(&mut self, sealer: &Sealer, line: &activity::Model) {
        let seq = line.seq.unwrap_or_default();
        if self.broken.is_some() {
            return;
        }
        if seq > self.head.seq {
            self.beyond = true;
            return;
        }
        self.broken = self.fault(sealer, line, seq);
        self.emptied = self.emptied.or((line.salt.is_none() && !self.is_forgotten(line)).then_some(seq));
        self.ended |= ENDINGS.contains(&line.kind.as_str());
        self.seq = seq;
        self.link = line.link.clone().unwrap_or_default();
    }

    fn fault(&self, sealer: &Sealer, line: &activity::Model, seq: i64) -> Option<String> {
        if seq != self.seq + 1 {
            return Some(format!("line {} is missing", self.seq + 1));
        }
        let named = |what: &str| Some(format!("line {seq} ({}) {what}", line.id));
        let stored = line.link.as_deref().unwrap_or_default();
        if self.kept.as_ref().is_some_and(|(at, link)| *at == seq && !same(link, stored)) {
            return named("is not the one of the kept heads");
        }
        if !same(&chain::link(sealer, &self.link, line), stored) {
            return named("was altered, or is not where it was written");
        }
        let committed = line.commitment.as_deref().unwrap_or_default();
        match &line.salt {
            Some(salt) if same(&chain::commitment(sealer, salt, line), committed) => None,
            Some(_) => named("was altered in what it says about its origin"),
            None if !self.closed && !self.is_forgotten(line) => named("was emptied although its account is not closed"),
            None if is_empty(line) => None,
            None => named("was altered after it was emptied"),
        }
    }

    /// A visitor's line that is old enough to have been emptied.
    fn is_forgotten(&self, line: &activity::Model) -> bool {
        let of_visitor = line.account_id.is_none() && line.actor == Actor::Visitor.to_string();
        of_visitor && chain::is_house(self.head.chain) && line.at < self.forgotten
    }
}

fn is_empty(line: &activity::Model) -> bool {
    line.address.is_none() && line.user_agent.is_none() && line.request_id.is_none() && line.detail.is_none()
}

/// What is left to check once the lines were read.
async fn end(app: &App, walk: Walk) -> Result<Option<String>, Error> {
    use activity::Column;
    let db = &**app.read();
    if walk.broken.is_some() {
        return Ok(walk.broken);
    }
    if walk.seq != walk.head.seq {
        return Ok(Some(format!("line {} is missing", walk.seq + 1)));
    }
    if walk.seq > 0 && walk.link != walk.head.link {
        return Ok(Some(format!("the head is not line {}", walk.seq)));
    }
    if let Some(seq) = walk.emptied.filter(|_| !walk.ended) {
        return Ok(Some(format!("line {seq} was emptied although none says that the account was closed")));
    }
    if walk.kept.as_ref().is_some_and(|(at, _)| *at > walk.seq) {
        return Ok(Some(format!("line {} is missing: the kept heads know it", walk.seq + 1)));
    }
    if walk.beyond {
        // a line that was written meanwhile is in its chain by now
        let head = activity_head::Entity::find_by_id(walk.head.chain).one(db).await?;
        let last: Option<Option<i64>> = activity::Entity::find()
            .select_only()
            .column_as(Column::Seq.max(), "last")
            .filter(Column::Chain.eq(walk.head.chain))
            .into_tuple()
            .one(db)
            .await?;
        let (head, last) = (head.map_or(0, |head| head.seq), last.flatten().unwrap_or_default());
        if head <= walk.seq && last > head {
            return Ok(Some(format!("line {last} was added beyond the head")));
        }
    }
    let before = activity::Entity::find().filter(Column::Chain.eq(walk.head.chain)).filter(Column::Seq.lt(1));
    let count = i64::try_from(before.count(db).await?).unwrap_or(i64::MAX);
    let counted = count == walk.head.unchained;
    Ok((!counted).then(|| format!("{count} lines from before the chain, of {}", walk.head.unchained)))
}

/// Chains that have lines and no head.
async fn headless(app: &App) -> Result<Vec<Uuid>, Error> {
    use activity::Column;
    let heads = Query::select().column(activity_head::Column::Chain).from(activity_head::Entity).to_owned();
    let lost: Vec<Option<Uuid>> = activity::Entity::find()
        .select_only()
        .column(Column::Chain)
        .distinct()
        .filter(Column::Chain.not_in_subquery(heads))
        .into_tuple()
        .all(&**app.read())
        .await?;
    Ok(lost.into_iter().flatten().collect())
}

/// Lines that stand in no chain: nothing writes such.
async fn placeless(app: &App) -> Result<u64, Error> {
    let nowhere = activity::Column::Chain.is_null().or(activity::Column::Seq.is_null());
    Ok(activity::Entity::find().filter(nowhere).count(&**app.read()).await?)
}

fn violation(chain: Uuid, what: &str) -> Violation {
    let whose = if chain::is_house(chain) {
        format!("the house's chain {}", chain.as_u128())
    } else {
        format!("chain of {}", AccountId(chain))
    };
    Violation { rule: RULE, detail: format!("{whose}: {what}") }
}
