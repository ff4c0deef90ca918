-- In which language the shop writes to somebody.
alter table users add column language text not null default 'id' check (language in ('id', 'en'));
