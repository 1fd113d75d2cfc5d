//! `segue admin`: what only the operator may do. Works beside a running server, since all of it is in the database.

mod password;

use std::sync::Arc;

use clap::Subcommand;
use domain::UserId;
use server::Clock;
use store::{NewUser, Registration, Store, StoreError, User};

use crate::{failure::Failure, print, settings::DatabaseArgs};

/// Make accounts, lock them, and give them new passwords
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// The accounts
    #[command(subcommand)]
    User(UserCommand),
}

#[derive(Subcommand)]
enum UserCommand {
    /// Make an account, whatever the server's rule for registering is
    #[command(after_help = password::HELP)]
    Create(UserArgs),
    /// Give an account a new password, and end its sessions
    #[command(after_help = password::HELP)]
    ResetPassword(UserArgs),
    /// Lock an account, and end its sessions
    Disable(UserArgs),
    /// Unlock an account
    Enable(UserArgs),
}

#[derive(clap::Args)]
struct UserArgs {
    /// The account's email address
    email: String,

    #[command(flatten)]
    database: DatabaseArgs,
}

pub(crate) async fn run(args: &Args) -> Result<(), Failure> {
    let What::User(command) = &args.what;
    match command {
        UserCommand::Create(args) => create(args).await,
        UserCommand::ResetPassword(args) => reset_password(args).await,
        UserCommand::Disable(args) => disable(args).await,
        UserCommand::Enable(args) => enable(args).await,
    }
}

async fn create(args: &UserArgs) -> Result<(), Failure> {
    let email = server::check_email(&args.email);
    let email = email.map_err(|problem| Failure::usage(problem.code(), problem.detail()))?;
    let password_hash = chosen_password().await?;

    let (store, clock) = open(&args.database).await?;
    let now = clock.now();
    let user = NewUser {
        id: UserId::new(now, server::random_array()),
        email: email.to_owned(),
        password_hash,
    };
    match store.create_user(now, user, Registration::Operator).await {
        Ok(_) => print::to_stdout(&format!("{email} can log in now")),
        Err(StoreError::Taken) => {
            let message =
                format!("there is an account for {email}; `segue admin user reset-password` changes its password");
            Err(Failure::other("email_taken", message))
        }
        Err(error) => Err(error.into()),
    }
}

async fn reset_password(args: &UserArgs) -> Result<(), Failure> {
    let (store, clock) = open(&args.database).await?;
    let user = find(&*store, &args.email).await?;
    let password_hash = chosen_password().await?;
    store.set_password(clock.now(), user.id, &password_hash).await?;
    print::to_stdout(&format!(
        "{} has a new password and is logged out everywhere",
        user.email
    ))
}

async fn disable(args: &UserArgs) -> Result<(), Failure> {
    let (store, clock) = open(&args.database).await?;
    let user = find(&*store, &args.email).await?;
    store.disable_user(clock.now(), user.id).await?;
    print::to_stdout(&format!("{} is locked and logged out everywhere", user.email))
}

async fn enable(args: &UserArgs) -> Result<(), Failure> {
    let (store, _) = open(&args.database).await?;
    let user = find(&*store, &args.email).await?;
    store.enable_user(user.id).await?;
    print::to_stdout(&format!("{} can log in again", user.email))
}

/// With the time as the servers have it.
async fn open(database: &DatabaseArgs) -> Result<(Arc<dyn Store>, Clock), Failure> {
    let store = database.open().await?;
    let clock = Clock::default();
    if let Some(now) = store.database_now().await? {
        clock.follow(now);
    }
    Ok((store, clock))
}

async fn find(store: &dyn Store, email: &str) -> Result<User, Failure> {
    match store.user_by_email(email.trim()).await {
        Err(StoreError::NotFound) => {
            let message = format!("there is no account for {email}; `segue admin user create` makes one");
            Err(Failure::other("no_such_account", message))
        }
        found => Ok(found?),
    }
}

async fn chosen_password() -> Result<String, Failure> {
    let password = password::read().await?;
    server::check_password(password.reveal()).map_err(|problem| Failure::usage(problem.code(), problem.detail()))?;
    server::hash_password(password.reveal()).map_err(|error| Failure::other("password", error.to_string()))
}
