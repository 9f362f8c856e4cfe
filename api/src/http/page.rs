//! Lists in pages: the rows after a key, never an offset.
//!
//! ```text
//! let key = query.sort(&[("issued_on", Column::IssuedOn)], KeyColumn::Desc(Column::IssuedOn))?;
//! let page = page::keyset(app.read(), select, key, &query).await?;
//! Ok(Reply::page(&page.map(InvoiceView::from), &query))
//! ```

use crate::db::Reader;
use crate::http::decode::has_nul;
use crate::problem::{Code, Fault, Place, Problem};
use crate::seal::sha256;
use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::Datelike;
use sea_orm::sea_query::ColumnType;
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, Iterable, ModelTrait, Order, PaginatorTrait, PrimaryKeyToColumn, QueryFilter,
    QueryOrder, QuerySelect, Select, Value,
};
use serde::{Deserialize, Serialize};
use std::future::{Ready, ready};
use utoipa::{IntoParams, ToSchema};

/// Items on a page when the caller does not say.
const DEFAULT_LIMIT: u64 = 25;
/// Most items on a page.
const MAX_LIMIT: u64 = 100;

/// The parameters that every list shares. An extractor of its own, beside the list's filters.
#[derive(Debug, Clone, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// Most items on a page.
    #[param(value_type = Option<u64>, minimum = 1, maximum = 100, default = 25, example = 25)]
    pub limit: u64,
    /// Where the page starts: `next_cursor` of the page before, with the same filters and sort.
    #[param(nullable = false, max_length = 512, example = "WyI0ZjUzY2RhMTg1MmI3YjAzIiwiMjAyNi0wMS0zMCJd")]
    pub cursor: Option<String>,
    /// Member to sort by; `-` before it for the last first.
    #[param(nullable = false, max_length = 64, example = "-created_at")]
    pub sort: Option<String>,
    /// Whether the page says how many items there are in all.
    #[param(value_type = Option<bool>, default = false, example = false)]
    pub with_total: bool,
    #[param(ignore)]
    path: String,
    #[param(ignore)]
    others: Vec<(String, String)>,
}

/// Which column orders a list, and which way. The column must never be null.
#[derive(Debug, Clone, Copy)]
pub enum KeyColumn<C> {
    /// Least first.
    Asc(C),
    /// Greatest first.
    Desc(C),
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items.
    #[schema(max_items = 100)]
    pub items: Vec<T>,
    /// Where the next page starts; left out on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, max_length = 512, example = "WyI0ZjUzY2RhMTg1MmI3YjAzIiwiMjAyNi0wMS0zMCJd")]
    pub next_cursor: Option<String>,
    /// How many items there are in all, when asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 0, example = 3)]
    pub total: Option<u64>,
}

impl<T> Page<T> {
    /// A list that is one page whatever happens.
    #[must_use]
    pub const fn of(items: Vec<T>) -> Self {
        Self { items, next_cursor: None, total: None }
    }

    /// The same page of something else.
    pub fn map<U>(self, view: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(view).collect(), next_cursor: self.next_cursor, total: self.total }
    }

    /// The same page of something else, where that can fail.
    ///
    /// # Errors
    /// What `view` answers.
    pub fn try_map<U, E>(self, view: impl FnMut(T) -> Result<U, E>) -> Result<Page<U>, E> {
        let items = self.items.into_iter().map(view).collect::<Result<_, _>>()?;
        Ok(Page { items, next_cursor: self.next_cursor, total: self.total })
    }
}

/// Where a page starts, behind its opaque form.
#[derive(Debug, Serialize, Deserialize)]
struct Cursor(String, Key, uuid::Uuid);

#[derive(Debug, Serialize, Deserialize)]
enum Key {
    #[serde(rename = "i")]
    Instant(chrono::DateTime<chrono::Utc>),
    #[serde(rename = "d")]
    Day(chrono::NaiveDate),
    #[serde(rename = "n")]
    Number(i64),
    #[serde(rename = "t")]
    Text(String),
    #[serde(rename = "u")]
    Id(uuid::Uuid),
}

impl Key {
    fn of(value: Value) -> Option<Self> {
        match value {
            Value::ChronoDateTimeUtc(value) => value.map(Self::Instant),
            Value::ChronoDate(value) => value.map(Self::Day),
            Value::BigInt(value) => value.map(Self::Number),
            Value::Int(value) => value.map(|value| Self::Number(value.into())),
            Value::String(value) => value.map(Self::Text),
            Value::Uuid(value) => value.map(Self::Id),
            _ => None,
        }
    }

    /// Whether a column of this type can be compared with it: a cursor may be made up.
    fn fits(&self, column: &ColumnType) -> bool {
        match self {
            Self::Instant(at) => matches!(column, ColumnType::TimestampWithTimeZone) && (1..=9999).contains(&at.year()),
            Self::Day(day) => matches!(column, ColumnType::Date) && (1..=9999).contains(&day.year()),
            Self::Number(_) => {
                matches!(column, ColumnType::SmallInteger | ColumnType::Integer | ColumnType::BigInteger)
            }
            Self::Text(text) => matches!(column, ColumnType::String(_) | ColumnType::Text) && !has_nul(text),
            Self::Id(_) => matches!(column, ColumnType::Uuid),
        }
    }

    fn value(self) -> Value {
        match self {
            Self::Instant(value) => value.into(),
            Self::Day(value) => value.into(),
            Self::Number(value) => value.into(),
            Self::Text(value) => value.into(),
            Self::Id(value) => value.into(),
        }
    }
}

/// The page that `query` asks for. The rows are ordered by `key`, then by their id.
///
/// # Errors
/// `invalid_cursor` for a cursor from another list; the database's.
pub async fn keyset<E>(
    db: &Reader,
    select: Select<E>,
    key: KeyColumn<E::Column>,
    query: &PageQuery,
) -> Result<Page<E::Model>, Problem>
where
    E: EntityTrait,
    E::Model: Sync,
{
    let internal = |what: &'static str| {
        tracing::error!(what, "paging");
        Problem::new(Code::Internal)
    };
    let id = E::PrimaryKey::iter().next().ok_or_else(|| internal("no primary key"))?.into_column();
    let (column, order) = match key {
        KeyColumn::Asc(column) => (column, Order::Asc),
        KeyColumn::Desc(column) => (column, Order::Desc),
    };
    let seal = query.seal(&format!("{key:?}"));
    let total = if query.with_total { Some(select.clone().count(&**db).await?) } else { None };
    let mut select = select.order_by(column, order.clone()).order_by(id, order).limit(query.limit + 1);
    if let Some(cursor) = &query.cursor {
        let Cursor(_, value, last) = opened(cursor, &seal).and_then(|cursor| {
            if cursor.1.fits(column.def().get_column_type()) { Ok(cursor) } else { Err(invalid_cursor()) }
        })?;
        let value = value.value();
        let (beyond, same_beyond) = match key {
            KeyColumn::Asc(column) => (column.gt(value.clone()), id.gt(last)),
            KeyColumn::Desc(column) => (column.lt(value.clone()), id.lt(last)),
        };
        select =
            select.filter(Condition::any().add(beyond).add(Condition::all().add(column.eq(value)).add(same_beyond)));
    }
    let mut items = select.all(&**db).await?;
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let more = items.len() > limit;
    items.truncate(limit);
    let next_cursor = match items.last().filter(|_| more) {
        None => None,
        Some(last) => {
            let Some(Key::Id(last_id)) = Key::of(last.get(id)) else { return Err(internal("id")) };
            let key = Key::of(last.get(column)).ok_or_else(|| internal("key"))?;
            let text = serde_json::to_vec(&Cursor(seal, key, last_id)).map_err(|_| internal("cursor"))?;
            Some(URL_SAFE_NO_PAD.encode(text))
        }
    };
    Ok(Page { items, next_cursor, total })
}

fn opened(cursor: &str, seal: &str) -> Result<Cursor, Problem> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| invalid_cursor())?;
    let cursor: Cursor = serde_json::from_slice(&bytes).map_err(|_| invalid_cursor())?;
    if cursor.0 == seal { Ok(cursor) } else { Err(invalid_cursor()) }
}

fn invalid_cursor() -> Problem {
    Problem::parameters(Code::InvalidCursor, vec![Fault::new(Place::Parameter("cursor".to_owned()), "invalid_value")])
}

impl PageQuery {
    /// The order that the caller asked for, out of those that the list knows by name.
    ///
    /// # Errors
    /// 422 for a name that is not in `known`.
    pub fn sort<C: Copy>(&self, known: &[(&str, C)], usual: KeyColumn<C>) -> Result<KeyColumn<C>, Problem> {
        let Some(sort) = &self.sort else { return Ok(usual) };
        let name = sort.strip_prefix('-').unwrap_or(sort);
        match known.iter().find(|(each, _)| *each == name) {
            Some((_, column)) if sort.starts_with('-') => Ok(KeyColumn::Desc(*column)),
            Some((_, column)) => Ok(KeyColumn::Asc(*column)),
            None => {
                let names: Vec<String> =
                    known.iter().flat_map(|(name, _)| [(*name).to_owned(), format!("-{name}")]).collect();
                Err(Problem::invalid(vec![
                    Fault::new(Place::Parameter("sort".to_owned()), "not_one_of").with("allowed", names),
                ]))
            }
        }
    }

    /// `Link` to the page that starts at `cursor`.
    #[must_use]
    pub fn next_link(&self, cursor: &str) -> String {
        let mut pairs = self.others.clone();
        pairs.push(("limit".to_owned(), self.limit.to_string()));
        if self.with_total {
            pairs.push(("with_total".to_owned(), "true".to_owned()));
        }
        pairs.push(("cursor".to_owned(), cursor.to_owned()));
        let query = serde_urlencoded::to_string(&pairs).unwrap_or_default();
        format!("<{}?{query}>; rel=\"next\"", self.path)
    }

    /// Binds a cursor to its list, order and filters.
    fn seal(&self, order: &str) -> String {
        let mut others = self.others.clone();
        others.sort();
        let text = format!("{}\n{order}\n{}", self.path, serde_urlencoded::to_string(&others).unwrap_or_default());
        sha256(text.as_bytes()).chars().take(16).collect()
    }

    fn read(request: &HttpRequest) -> Result<Self, Problem> {
        let pairs: Vec<(String, String)> =
            serde_urlencoded::from_str(request.query_string()).map_err(|_| Problem::malformed("the query"))?;
        let mut query = Self {
            limit: DEFAULT_LIMIT,
            cursor: None,
            sort: None,
            with_total: false,
            path: request.path().to_owned(),
            others: Vec::new(),
        };
        let mut seen = Vec::new();
        for (name, value) in pairs {
            let place = Place::Parameter(name.clone());
            let fault = |code| Fault::new(place.clone(), code);
            let ours = matches!(name.as_str(), "limit" | "cursor" | "sort" | "with_total");
            if ours && seen.contains(&name) {
                return Err(Problem::parameters(Code::UnknownParameter, vec![fault("duplicate")]));
            }
            match name.as_str() {
                "limit" => {
                    let range = || Problem::invalid(vec![fault("out_of_range").with("min", 1).with("max", MAX_LIMIT)]);
                    query.limit =
                        value.parse().ok().filter(|limit| (1..=MAX_LIMIT).contains(limit)).ok_or_else(range)?;
                }
                "cursor" => query.cursor = Some(value),
                "with_total" => {
                    let wrong = || Problem::invalid(vec![fault("invalid_type").with("expected", "true or false")]);
                    query.with_total = value.parse().map_err(|_| wrong())?;
                }
                "sort" => {
                    query.sort = Some(value.clone());
                    query.others.push((name.clone(), value));
                }
                _ => query.others.push((name.clone(), value)),
            }
            seen.push(name);
        }
        Ok(query)
    }
}

impl FromRequest for PageQuery {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Self::read(request))
    }
}
