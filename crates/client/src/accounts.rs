//! Accounts and sessions.

use std::time::Duration;

use domain::Secret;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use crate::{
    call::{Call, Repeat},
    client::Client,
    error::ClientError,
    session::{Access, Session},
    shapes::User,
};

#[derive(Deserialize)]
struct SessionAnswer {
    access_token: Secret,
    expires_in_seconds: u32,
    user: User,
}

impl Client {
    /// Makes an account and logs in.
    pub async fn register(&self, email: &str, password: &Secret) -> Result<User, ClientError> {
        let body = json!({ "email": email, "password": password.reveal() });
        let call = self.call(Method::POST, "auth/register", Repeat::IfUndone);
        self.begin(call.with_body(body)).await
    }

    /// Logs in.
    pub async fn login(&self, email: &str, password: &Secret) -> Result<User, ClientError> {
        let body = json!({ "email": email, "password": password.reveal() });
        let call = self.call(Method::POST, "auth/login", Repeat::Always);
        self.begin(call.with_body(body)).await
    }

    /// Exchanges the tokens. Calls do this by themselves when it is time.
    pub async fn refresh(&self) -> Result<User, ClientError> {
        let _one_at_a_time = self.one_refresh().await;
        self.refresh_now().await
    }

    /// Repeating it is harmless: the server takes the predecessor of a refresh token for a while.
    pub(crate) async fn refresh_now(&self) -> Result<User, ClientError> {
        let cookie = self.session().cookie.as_ref().map(crate::session::Cookie::header);
        let call = self.call(Method::POST, "auth/refresh", Repeat::Always);
        self.begin(call.with_cookie(cookie)).await
    }

    /// Ends the session, here in any case.
    pub async fn logout(&self) -> Result<(), ClientError> {
        let session = std::mem::take(&mut *self.session());
        let cookie = session.cookie.as_ref().map(crate::session::Cookie::header);
        let call = self.call(Method::POST, "auth/logout", Repeat::Always);
        call.with_cookie(cookie).make(self, None).await?;
        Ok(())
    }

    /// Who is logged in.
    pub async fn me(&self) -> Result<User, ClientError> {
        self.ask(self.call(Method::GET, "me", Repeat::Always)).await
    }

    /// Changes the password; this session stays and all others end.
    pub async fn change_password(&self, current: &Secret, new: &Secret) -> Result<(), ClientError> {
        let body = json!({ "current_password": current.reveal(), "new_password": new.reveal() });
        let call = self.call(Method::POST, "me/password", Repeat::IfUndone);
        let answer = self.as_user(call.with_body(body)).await?;
        self.session().take_cookie(&answer.headers);
        Ok(())
    }

    /// Deletes the account with all its uploads.
    pub async fn delete_account(&self, password: &Secret) -> Result<(), ClientError> {
        let body = json!({ "password": password.reveal() });
        let call = self.call(Method::DELETE, "me", Repeat::IfUndone);
        self.as_user(call.with_body(body)).await?;
        *self.session() = Session::default();
        Ok(())
    }

    /// Makes a call that answers with a session, and keeps that.
    async fn begin(&self, call: Call) -> Result<User, ClientError> {
        let asked = Instant::now();
        let answer = call.make(self, None).await?;
        let SessionAnswer {
            access_token,
            expires_in_seconds,
            user,
        } = answer.json()?;
        let expires_in = Duration::from_secs(expires_in_seconds.into());
        let mut session = self.session();
        session.access = Some(Access::new(access_token, expires_in, asked));
        session.take_cookie(&answer.headers);
        Ok(user)
    }
}
