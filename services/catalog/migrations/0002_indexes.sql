-- A Directus that products are compared with may hold none.
alter table products alter column description drop not null;

-- Stock changes all the time and is not indexed, on purpose: with room on its page a row then changes without touching any index.
alter table products set (fillfactor = 85);

-- All that `search` looks into, but for the numbers. Whoever looks for it by this function uses the index.
create extension if not exists pg_trgm;
create function product_search_text(name text, description text, category text, category_slug text, slug text, sku text, status text)
returns text language sql immutable parallel safe
return lower(
  name || E'\n' || coalesce(description, '') || E'\n' || coalesce(category, '') || E'\n' || coalesce(category_slug, '')
    || E'\n' || coalesce(slug, '') || E'\n' || coalesce(sku, '') || E'\n' || status
);
create index products_search on products
  using gin (product_search_text(name, description, category, category_slug, slug, sku, status) gin_trgm_ops) where is_shown;
-- Tells common words from rare ones: a page of what nearly everything has in it is found sooner without that index.
create statistics products_search_words
  on product_search_text(name, description, category, category_slug, slug, sku, status) from products;

-- `_contains` and its kin.
create index products_name_parts on products using gin (name gin_trgm_ops) where is_shown;

-- What the public sees: pages and counts, each in the orders that pages of a shop ask for. The id decides between products that are alike.
create index products_published on products (id) where is_shown and status = 'published';
create index products_by_price on products (price, id) where is_shown and status = 'published';
create index products_by_name on products (name, id) where is_shown and status = 'published';
create index products_by_age on products (created_at, id) where is_shown and status = 'published';
create index products_by_category on products (category, price, id) where is_shown and status = 'published';
create index products_by_category_slug on products (category_slug, price, id) where is_shown and status = 'published';

-- Staff look by status, and everybody by the words that name one product.
create index products_by_status on products (status, id) where is_shown;
create index products_by_slug on products (slug) where is_shown;
create index products_by_sku on products (sku) where is_shown;
