create table categories (
  id bigint generated always as identity primary key,
  name text not null unique check (length(name) between 1 and 200),
  -- names it in the address of a page
  slug text not null unique check (slug ~ '^[a-z0-9-]{1,200}$'),
  -- lists show the lowest first
  position integer not null,
  -- one of what products.images holds
  image jsonb,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp()
);

-- Images stand in the row of what they show, and every image has an id of its own.
create sequence image_ids;

alter table products
  -- names it in the address of a page, also when it is gone
  add column slug text unique check (slug ~ '^[a-z0-9-]{1,200}$'),
  add column category_id bigint references categories (id) on delete set null,
  -- [{id, files: [{name, width}], width, height}], the first one first; the names are paths below /images, the smallest width first
  add column images jsonb not null default '[]';
create index products_of_category on products (category_id);
-- For counting what is on sale in each category without looking at every product.
create index products_on_sale on products (category_id) where status = 'published' and deleted_at is null;

-- What slugOf does in the code, but for letters with marks.
create function pg_temp.slug_of(name text) returns text language sql as $$
  select trim(both '-' from left(trim(both '-' from regexp_replace(lower(name), '[^a-z0-9]+', '-', 'g')), 180))
$$;
create function pg_temp.trimmed(name text) returns text language sql as $$
  select regexp_replace(name, '^\s+|\s+$', '', 'g')
$$;

insert into categories (name, slug, position)
select name, 'category-' || place, place
from (
  select pg_temp.trimmed(category) as name, row_number() over (order by min(id)) as place
  from products where pg_temp.trimmed(category) <> '' group by pg_temp.trimmed(category)
) as named;

-- The oldest with a slug has it to itself. Other categories keep what they got above.
update categories set slug = own.slug
from (
  select id, pg_temp.slug_of(name) as slug, row_number() over (partition by pg_temp.slug_of(name) order by id) as place
  from categories
) as own
where own.id = categories.id and own.place = 1 and own.slug <> '' and own.slug not in (select slug from categories);

update products set
  slug = case when own.place = 1 then nullif(own.slug, '') end,
  category_id = (select id from categories where name = pg_temp.trimmed(products.category)),
  -- The drawings of the demo shop, whose size is known.
  images = case when image like '/images/demo/%.svg' then jsonb_build_array(jsonb_build_object(
    'id', nextval('image_ids'), 'width', 640, 'height', 640,
    'files', jsonb_build_array(jsonb_build_object('name', substr(image, length('/images/') + 1), 'width', 640))
  )) else '[]' end,
  image = case when image not like '/images/demo/%.svg' then image end
from (
  select id, pg_temp.slug_of(name) as slug, row_number() over (partition by pg_temp.slug_of(name) order by id) as place
  from products
) as own
where own.id = products.id;

-- Other products get their id behind it, as often as it takes to be the only one.
do $$
declare
  product record;
  free text;
begin
  for product in select id, pg_temp.slug_of(name) as slug from products where slug is null order by id loop
    free := coalesce(nullif(product.slug, ''), 'product') || '-' || product.id;
    while exists (select from products where slug = free) loop
      free := free || '-' || product.id;
    end loop;
    update products set slug = free where id = product.id;
  end loop;
end $$;

-- Whoever reads old events finds in them what is in new ones.
update outbox set data = outbox.data || jsonb_build_object(
  'slug', products.slug,
  'images', products.images,
  'category_slug', (select slug from categories where name = pg_temp.trimmed(outbox.data ->> 'category'))
)
from products
where outbox.type in ('product.created', 'product.updated') and products.id = outbox.subject_id;

alter table products alter column slug set not null, drop column category;
