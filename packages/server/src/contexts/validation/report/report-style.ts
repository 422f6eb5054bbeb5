/** The look of a report: the colours of the pages, light and dark as the reader has it, and paper. */
export const reportStyle = `
:root{color-scheme:light dark;--bg:#fff;--surface:#f6f7f9;--text:#171a21;--muted:#545c6a;--accent:#1a5fc9;--ok:#17734a;--warning:#8a5a00;--failure:#b3261e;--idle:#5f6877;--line:#e2e5ea;--ok-tint:#e9f4ee;--warning-tint:#faf3e3;--failure-tint:#fbefee;--idle-tint:#eceef2}
@media (prefers-color-scheme:dark){:root{--bg:#0f1216;--surface:#171b21;--text:#e7eaf0;--muted:#a2abb9;--accent:#7fb0ff;--ok:#52c792;--warning:#e0a83a;--failure:#ff8078;--idle:#98a2b1;--line:#2a303a;--ok-tint:#15271f;--warning-tint:#2a2316;--failure-tint:#2c1a1b;--idle-tint:#20262e}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--text);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;overflow-wrap:anywhere}
main{max-width:1080px;margin:0 auto;padding:40px 24px 56px}
h1{margin:0;font-size:26px;line-height:1.25;letter-spacing:-.01em}
h2{margin:44px 0 12px;font-size:18px}
h2 span{color:var(--muted);font-weight:400;font-variant-numeric:tabular-nums}
h3{margin:0;font-size:15px;font-weight:600;line-height:1.45}
p{margin:0}
code{font:.92em/1.4 ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
.muted,caption,footer{color:var(--muted)}
.verdict{margin:20px 0 0;padding:16px 20px;border-radius:8px;border-left:5px solid var(--tone);background:var(--tint)}
.verdict strong{display:block;color:var(--tone);font-size:19px;line-height:1.35}
.passed{--tone:var(--ok);--tint:var(--ok-tint)}.warned,.warning{--tone:var(--warning);--tint:var(--warning-tint)}.blocked,.critical{--tone:var(--failure);--tint:var(--failure-tint)}.empty,.info,.unknown{--tone:var(--idle);--tint:var(--idle-tint)}
.counts{display:flex;flex-wrap:wrap;gap:8px 32px;margin:18px 0 0;padding:0;list-style:none}
.counts b{display:block;font-size:24px;line-height:1.2;font-variant-numeric:tabular-nums;color:var(--tone)}
.counts .zero b{color:var(--muted);font-weight:400}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(220px,1fr));gap:12px 32px;margin:24px 0 0;padding:18px 0 0;border-top:1px solid var(--line)}
.facts .wide{grid-column:span 2}
.facts dt,.detail dt{color:var(--muted);font-size:13px}
.facts dd,.detail dd{margin:0}
article{margin:0 0 12px;padding:14px 18px 16px;border:1px solid var(--line);border-left:4px solid var(--tone);border-radius:8px;break-inside:avoid}
.head{display:flex;gap:8px 20px;justify-content:space-between;align-items:flex-start}
.head>div{min-width:0}
.type{margin-top:4px;color:var(--muted);font-size:13px}h3 code,h3 b{font-weight:600}
.badge{display:inline-block;padding:1px 8px;border-radius:10px;background:var(--tint);color:var(--tone);font-size:12.5px;font-weight:600;white-space:nowrap}
.measure{display:flex;flex-wrap:wrap;gap:4px 12px;align-items:center;margin:10px 0 0;font-variant-numeric:tabular-nums}
.bar{flex:none;width:160px;height:6px;border-radius:3px;background:var(--idle-tint);overflow:hidden}
.bar i{display:block;height:100%;min-width:2px;background:var(--tone)}
.detail{margin:10px 0 0;display:grid;gap:8px}
.list{display:flex;flex-wrap:wrap;gap:5px;margin:3px 0 0;padding:0;list-style:none}
.list li{padding:1px 7px;border-radius:4px;background:var(--surface);border:1px solid var(--line);white-space:pre-wrap}
.list .none{font-style:italic;color:var(--muted)}
svg{flex:none;display:block;margin-top:3px}
.p{stroke:var(--ok)}.f{stroke:var(--failure)}.n{stroke:var(--idle);stroke-width:1}
.table{overflow-x:auto}
table{width:100%;border-collapse:collapse;font-size:14px}
caption{padding:0 0 8px;text-align:left;font-size:13px}
th{padding:6px 16px 6px 0;text-align:left;white-space:nowrap;font-weight:500;font-size:13px;color:var(--muted);border-bottom:1px solid var(--line)}
td,tbody th{padding:8px 16px 8px 0;white-space:normal;border-bottom:1px solid var(--line);vertical-align:top;font-weight:400;font-size:14px;color:var(--text)}
td:last-child,th:last-child{padding-right:0}
.num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td .badge{margin-right:8px}
.note{margin:12px 0 0;padding:10px 14px;border-radius:6px;background:var(--surface);font-size:14px}
footer{margin-top:44px;padding-top:14px;border-top:1px solid var(--line);font-size:13px}
@media (max-width:700px){main{padding:24px 16px 40px}h1{font-size:22px}.head{flex-direction:column}.counts{gap:8px 22px}.facts{grid-template-columns:1fr 1fr;gap:10px 18px}td,th,tbody th{padding-right:10px}}
@media print{:root{--bg:#fff;--surface:#f6f7f9;--text:#000;--muted:#444;--ok:#17734a;--warning:#8a5a00;--failure:#b3261e;--idle:#5f6877;--line:#ccc;--ok-tint:#fff;--warning-tint:#fff;--failure-tint:#fff;--idle-tint:#ddd}main{max-width:none;padding:0}body{font-size:11pt}h2{break-after:avoid}tr{break-inside:avoid}.bar,.bar i,svg{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`.trim()
