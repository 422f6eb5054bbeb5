-- What a report came to beside its columns and figures: columns together, and performance by segment; null of what nobody asked for.
alter table monitor_reports add column parts jsonb;

-- A run that was asked to compare other rows than those of its monitor has a report that is not the monitor's state.
alter table monitor_reports add column ad_hoc boolean not null default false;
update monitor_reports set ad_hoc = true
  where sentence ->> 'en' like '%; nothing follows from it: this run compared other sides than those of the monitor';
create index monitor_reports_of_monitor on monitor_reports (monitor, at desc, id desc) where not ad_hoc;
