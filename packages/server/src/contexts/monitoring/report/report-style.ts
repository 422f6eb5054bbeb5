/** Colours of both schemes; what is grey says nothing, what is red asks for a look. Pairs of colours differ for those who see no red. */
export const reportStyle = `
:root{color-scheme:light dark;--page:#fff;--card:#f7f8fa;--line:#dde1e7;--text:#1b2330;--quiet:#5b6676;--reference:#9aa5b5;--current:#1864ab;--bad:#b42318;--badback:#fdecea;--good:#1d6f42;--goodback:#e6f4ec;--link:#1558a6}
@media (prefers-color-scheme:dark){:root{--page:#15181d;--card:#1d2128;--line:#333a45;--text:#e6e9ee;--quiet:#a3adbb;--reference:#6b7686;--current:#6cb4f5;--bad:#ff9d94;--badback:#43201e;--good:#86d3a5;--goodback:#1b3527;--link:#8cc2ff}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1120px;margin:0 auto;padding:24px 20px 48px}
h1{font-size:24px;line-height:1.25;margin:0 0 12px}
h2{font-size:15px;margin:0;display:flex;gap:8px;justify-content:space-between;align-items:baseline;overflow-wrap:anywhere}
h2.part{margin:32px 0 8px}
a{color:var(--link)}
.verdict{margin:0 0 20px;padding:12px 16px;border-radius:8px;border-left:4px solid var(--quiet);background:var(--card)}
.verdict.drift{border-color:var(--bad)}.verdict.calm{border-color:var(--good)}
.sides{display:grid;grid-template-columns:repeat(auto-fit,minmax(240px,1fr));gap:12px;margin:0}
.side dt{color:var(--quiet);font-size:13px}
.side dd{margin:0;overflow-wrap:anywhere}
.side span{color:var(--quiet)}
.facts,.note,.why{color:var(--quiet);font-size:13px}
.note{margin:28px 0 12px}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:14px}
th,td{text-align:left;padding:7px 12px 7px 0;border-bottom:1px solid var(--line);vertical-align:top;font-weight:400}
thead th{color:var(--quiet);font-size:13px;white-space:nowrap}
tbody th{font-weight:500;min-width:130px;overflow-wrap:anywhere}
.m{min-width:170px}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.mark{font-size:12px;font-weight:500;padding:1px 8px;border-radius:999px;white-space:nowrap;background:var(--card);color:var(--quiet)}
.mark.drift{background:var(--badback);color:var(--bad)}.mark.calm{background:var(--goodback);color:var(--good)}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(300px,1fr));gap:16px}
article{border:1px solid var(--line);border-radius:8px;padding:14px 16px;background:var(--card)}
article:target{border-color:var(--link)}
article .mark{border:1px solid var(--line)}
article .why{margin:8px 0 0}
.legend{display:flex;gap:16px;margin:6px 0;font-size:12px;color:var(--quiet)}
.legend span::before{content:"";display:inline-block;width:10px;height:10px;margin-right:6px;border-radius:2px;background:var(--reference)}
.legend .current::before{background:var(--current)}
svg{display:block;width:100%;height:auto}
path.reference,rect.reference{fill:var(--reference);fill-opacity:.75}
path.current{fill:none;stroke:var(--current);stroke-width:2}
rect.current{fill:var(--current)}
.axis{stroke:var(--line)}
svg text{font-size:11px;fill:var(--quiet)}
@media print{main{max-width:none}.cards{grid-template-columns:1fr 1fr}article{break-inside:avoid}}
`.trim()
