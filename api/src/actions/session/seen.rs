//! When a session was used last. Noted now and then, and the first time that an access token is used: its
//! answer was not lost then.

use crate::app::App;
use chrono::{DateTime, TimeDelta, Utc};
use domain::id::RefreshTokenId;
use entity::session::{Column, Entity, Model};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, ExprTrait, QueryFilter};

/// How often the use of a session is noted.
const EVERY: TimeDelta = TimeDelta::minutes(5);

/// Notes the use of a session by the access token that came with a refresh token. A request is not refused
/// because it could not be noted.
pub async fn note(app: &App, session: &Model, with: Option<RefreshTokenId>, now: DateTime<Utc>) {
    // ids follow each other in time: an older access token changes nothing
    let with = with.filter(|with| session.seen_token_id.is_none_or(|seen| seen.0 < with.0));
    if with.is_none() && now - session.last_seen_at < EVERY {
        return;
    }
    let noted: Result<(), DbErr> = app
        .transact(async |tx| {
            if let Some(with) = with {
                Entity::update_many()
                    .col_expr(Column::SeenTokenId, Expr::value(with))
                    .filter(Column::Id.eq(session.id))
                    .filter(Column::SeenTokenId.is_null().or(Column::SeenTokenId.lt(with)))
                    .exec(&**tx)
                    .await?;
            }
            Entity::update_many()
                .col_expr(Column::LastSeenAt, Expr::value(now))
                .filter(Column::Id.eq(session.id))
                .filter(Column::LastSeenAt.lt(now))
                .exec(&**tx)
                .await?;
            Ok(())
        })
        .await;
    if let Err(error) = noted {
        tracing::warn!(%error, "noting the use of a session");
    }
}
