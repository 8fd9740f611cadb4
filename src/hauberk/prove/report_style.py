"""The one style sheet of the report; its hash stands in the report's content security policy."""

from __future__ import annotations

__all__ = ["STYLE"]

STYLE = """
:root{--ink:#1d2329;--soft:#5b6670;--line:#d9dee3;--paper:#fbfbf9;--card:#fff;--steel:#2f5d7c;--pale:#aab7c2;
--good:#1f7a4d;--bad:#b3261e;--warn:#9a6700}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ec;--soft:#9aa6b1;--line:#343c45;--paper:#14181c;--card:#1b2026;
--steel:#7fb2d4;--pale:#55626e;--good:#57c08a;--bad:#ff8a80;--warn:#e3b341}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 Charter,"Bitstream Charter",Cambria,Georgia,serif}
main{max-width:860px;margin:0 auto;padding:40px 24px 80px}
h1{font-size:34px;line-height:1.15;margin:0 0 4px;letter-spacing:-.01em}
h2{font-size:21px;margin:52px 0 10px;padding-top:14px;border-top:1px solid var(--line)}
p{margin:8px 0 14px;max-width:68ch}
.lead{color:var(--soft)}
.verdict{display:inline-block;font:600 14px/1 system-ui,sans-serif;letter-spacing:.08em;padding:9px 14px;
border-radius:4px;color:#fff;margin:14px 0 6px}
.verdict.pass{background:#1f7a4d}.verdict.fail{background:#b3261e}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 18px;font-size:14px;margin:14px 0}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
code,.mono{font:13px/1.5 ui-monospace,"DejaVu Sans Mono",Menlo,monospace;overflow-wrap:anywhere}
pre{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:12px 14px;overflow-x:auto}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%;font:14px/1.45 system-ui,sans-serif;margin:10px 0 16px}
th{text-align:left;font-weight:600;color:var(--soft);border-bottom:1px solid var(--ink);padding:6px 10px 6px 0}
td{border-bottom:1px solid var(--line);padding:6px 10px 6px 0;vertical-align:top}
td.number,th.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.rung{font:600 11px/1 system-ui,sans-serif;border:1px solid currentColor;border-radius:3px;padding:2px 5px;
white-space:nowrap}
.rung.certified{color:var(--good)}.rung.measured{color:var(--steel)}.rung.declared{color:var(--warn)}
.pass{color:var(--good);font-weight:600}.fail,.error{color:var(--bad);font-weight:600}.warning{color:var(--warn)}
figure{margin:14px 0 8px;background:var(--card);border:1px solid var(--line);border-radius:6px;padding:14px}
figcaption{font:13px/1.45 system-ui,sans-serif;color:var(--soft);margin-top:8px}
svg{width:100%;height:auto;display:block}
svg text{font:13px system-ui,sans-serif;fill:var(--ink)}
svg .tick{fill:var(--soft);font-size:12px}svg .label{fill:var(--soft)}
svg .value{font-weight:600;font-variant-numeric:tabular-nums}
svg .grid{stroke:var(--line)}svg .whisker{stroke:var(--ink);stroke-width:1.4}
svg .before{fill:var(--pale)}svg .after{fill:var(--steel)}svg .suspect{fill:var(--bad)}
svg .cross{stroke:var(--pale);stroke-width:1.4}svg .dot{fill:var(--pale)}
svg .dot.open{fill:var(--steel)}svg .cross.open{stroke:var(--steel)}
svg .dot.chosen{fill:var(--good)}svg .cross.chosen{stroke:var(--good);stroke-width:2}
svg .name{font-size:12px}svg .name.refused{fill:var(--soft)}svg .name.chosen{fill:var(--good);font-weight:600}
.key{display:inline-block;width:11px;height:11px;margin:0 5px 0 12px;vertical-align:-1px}
.key.before{background:var(--pale)}.key.after{background:var(--steel)}
@media (max-width:560px){h1{font-size:27px}main{padding:24px 16px 60px}}
@media print{body{background:#fff;color:#000;font-size:11pt}main{max-width:none;padding:0}
figure,tr,pre{break-inside:avoid}
h2{break-after:avoid}@page{size:A4;margin:18mm}}
"""
