#!/usr/bin/env python3
"""form_audit.py URL [--out DIR] [--runs N] [--throttle 4] [--skip keyboard,latency,...] [--wait CSS] [--min-controls N] [--open SCRIPT]
Prints one JSON document. Needs: playwright (PyPI), Debian chromium, and axe-core beside this file (npm install).
CHROME_BIN and AXE_JS environment variables override the paths."""
import argparse, collections, json, os, pathlib, shutil, statistics, sys, time, urllib.parse
from playwright.sync_api import sync_playwright
HERE = pathlib.Path(__file__).resolve().parent
AXE = os.environ.get("AXE_JS", str(HERE / "node_modules/axe-core/axe.min.js"))
CHROME = os.environ.get("CHROME_BIN") or shutil.which("chromium") or "chromium"
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
        "--disable-component-update", "--disable-default-apps", "--disable-sync", "--disable-extensions",
        "--disable-features=Translate,OptimizationHints,MediaRouter,AutofillServerCommunication,PaintHolding",
        "--metrics-recording-only", "--no-first-run", "--no-default-browser-check", "--mute-audio",
        "--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows",
        "--disable-renderer-backgrounding"]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
CONTROL = "input:not([type=hidden]),select,textarea"
# Runs before any page script: long tasks, event timing, first-control clock.
INIT = r"""
(()=>{const A=window.__fa={long:[],ev:[],first:null,full:null};
try{new PerformanceObserver(l=>{for(const e of l.getEntries())A.long.push([e.startTime,e.duration])}).observe({type:'longtask',buffered:true})}catch(e){}
try{new PerformanceObserver(l=>{for(const e of l.getEntries())A.ev.push([e.interactionId||0,e.name,e.duration,e.startTime,e.processingStart,e.processingEnd])}).observe({type:'event',durationThreshold:16,buffered:true})}catch(e){}
const vis=e=>{if(e.checkVisibility&&!e.checkVisibility({visibilityProperty:true}))return false;const r=e.getBoundingClientRect();return r.width>0&&r.height>0&&!e.disabled};
const MIN=__MIN__;
const tick=()=>{const c=document.querySelectorAll('input:not([type=hidden]),select,textarea');
 if(A.first===null)for(const e of c)if(vis(e)){A.first=performance.now();break}
 if(A.full===null&&c.length>=MIN)A.full=performance.now();
 if(A.first===null||A.full===null)requestAnimationFrame(tick)};
requestAnimationFrame(tick)})();
"""
STYLE_JS = r"""
(el)=>{const P=['outlineStyle','outlineWidth','outlineColor','boxShadow','borderTopColor','borderTopWidth','borderBottomColor','borderBottomWidth','backgroundColor','textDecorationLine','textDecorationColor','color','opacity'];
const g=(e,p)=>{if(!e)return '';const s=getComputedStyle(e,p);if(p&&s.content==='none')return '';return P.map(k=>s[k]).join('|')};
const n=[el,el.parentElement,el.parentElement&&el.parentElement.parentElement,el.nextElementSibling,...(el.labels||[])];
if(el.nextElementSibling)n.push(...[...el.nextElementSibling.querySelectorAll('*')].slice(0,6));
return n.map(e=>g(e)+g(e,'::before')+g(e,'::after')).join('#')}
"""
FOCUS_JS = r"""
()=>{const el=document.activeElement;if(!el||el===document.body||el===document.documentElement)return null;
if(!el.__faid)el.__faid=(window.__fan=(window.__fan||0)+1);
const r=el.getBoundingClientRect();let cx=r.left+r.width/2,cy=Math.min(r.top+r.height/2,innerHeight-1);
const off=r.bottom<0||r.top>innerHeight||r.right<0||r.left>innerWidth;
let obscured=false;if(!off){const t=document.elementFromPoint(cx,Math.max(cy,0));obscured=!!t&&!(t===el||el.contains(t)||t.contains(el)||[...(el.labels||[])].some(l=>l.contains(t))||(el.nextElementSibling&&el.nextElementSibling.contains(t))||(el.parentElement&&el.parentElement.contains(t)))}
return {id:el.__faid,tag:el.tagName.toLowerCase(),type:el.type||'',name:el.name||'',eid:el.id||'',off,obscured,changed:(()=>{const S=(__STYLE__);const A=S(el);el.blur();const B=S(el);el.focus({preventScroll:true});return A!==B})()}}
""".replace("__STYLE__", STYLE_JS.strip())
EXPECT_JS = r"""
()=>{const vis=e=>{if(e.checkVisibility&&!e.checkVisibility({visibilityProperty:true}))return false;const r=e.getBoundingClientRect();const s=getComputedStyle(e);return s.visibility!=='hidden'&&s.display!=='none'&&(r.width>0||r.height>0)&&!e.disabled&&(e.tabIndex>=0||/^(INPUT|SELECT|TEXTAREA)$/.test(e.tagName))};
const out=new Set();for(const e of document.querySelectorAll('input:not([type=hidden]),select,textarea,button')){if(!vis(e)||e.closest('[inert]'))continue;
 out.add(e.type==='radio'&&e.name?'radio:'+e.name:(e.tagName.toLowerCase()+':'+(e.name||e.id||e.textContent.trim().slice(0,30))))}return [...out]}
"""


def pct(v, p):
    v = sorted(v)
    if not v:
        return None
    k = (len(v) - 1) * p
    lo = int(k)
    hi = min(lo + 1, len(v) - 1)
    return round(v[lo] + (v[hi] - v[lo]) * (k - lo), 1)


class Audit:
    def __init__(self, a):
        self.a = a
        self.out = {"url": a.url, "when": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "throttle": a.throttle}
        self.host = urllib.parse.urlparse(a.url).netloc
        self.init = INIT.replace("__MIN__", str(a.min_controls))

    def ctx(self, **kw):
        kw.setdefault("viewport", {"width": 1280, "height": 900})
        c = self.b.new_context(service_workers="block", **kw)
        c.set_default_timeout(60000)
        return c

    def page(self, c, throttle=None):
        p = c.new_page()
        cdp = c.new_cdp_session(p)
        p.add_init_script(self.init)
        if throttle:
            cdp.send("Emulation.setCPUThrottlingRate", {"rate": throttle})
        return p, cdp

    def ready(self, p, quiet=1000, limit=40000):
        """first control present, then no long task for `quiet` ms."""
        # evaluate, not wait_for_function: what polls inside the page is stopped by a policy without unsafe-eval
        def wait(js, *arg):
            end = time.monotonic() + limit / 1000
            while not p.evaluate(js, *arg):
                if time.monotonic() > end: raise TimeoutError(js[:60])
                p.wait_for_timeout(100)
        wait("()=>!!window.__fa && window.__fa.first!==null")
        if self.a.wait:
            p.wait_for_selector(self.a.wait, timeout=limit)
        wait("""(q)=>{const A=window.__fa,n=performance.now();let e=A.first;for(const [s,d] of A.long)e=Math.max(e,s+d);return document.readyState==='complete'&&n-e>q}""", quiet)
        if self.a.open:
            p.evaluate(self.a.open)

    # --- phases
    def load(self):
        c = self.ctx()
        p, cdp = self.page(c)
        cdp.send("Network.enable"); cdp.send("Performance.enable", {"timeDomain": "threadTicks"})
        reqs, types, errs = {}, collections.Counter(), []
        raw = collections.Counter()
        hdr = {}
        cdp.on("Network.requestWillBeSent", lambda e: None if e["request"]["url"].startswith(("data:", "blob:")) else reqs.setdefault(e["requestId"], {"url": e["request"]["url"], "type": e.get("type", "Other")}))
        def resp(e):
            r = reqs.get(e["requestId"])
            if r is not None:
                r.update(type=e["type"], status=e["response"]["status"], enc={k.lower(): v for k, v in e["response"]["headers"].items()}.get("content-encoding"))
        cdp.on("Network.responseReceived", resp)
        cdp.on("Network.dataReceived", lambda e: reqs.get(e["requestId"], {}).__setitem__("raw", reqs.get(e["requestId"], {}).get("raw", 0) + e["dataLength"]))
        cdp.on("Network.loadingFinished", lambda e: reqs.get(e["requestId"], {}).__setitem__("bytes", e["encodedDataLength"]))
        p.on("console", lambda m: errs.append(m.text[:300]) if m.type == "error" else None)
        p.on("pageerror", lambda e: errs.append("pageerror: " + str(e)[:300]))
        r = p.goto(self.a.url, wait_until="load")
        hdr = {k.lower(): v for k, v in r.headers.items()}
        self.ready(p)
        for q in reqs.values():
            types[q["type"]] += q.get("bytes", 0); raw[q["type"]] += q.get("raw", 0)
        self.out["requests"] = len(reqs)
        self.out["bytes"] = {"total": sum(types.values()), "js": types.get("Script", 0), "css": types.get("Stylesheet", 0), "html": types.get("Document", 0), "font": types.get("Font", 0), "image": types.get("Image", 0), "by_type": dict(types), "uncompressed_by_type": dict(raw)}
        self.out["failed_requests"] = [q["url"] for q in reqs.values() if q.get("status", 200) >= 400]
        self.out["third_party_hosts"] = sorted({urllib.parse.urlparse(q["url"]).netloc for q in reqs.values()} - {self.host})
        self.out["uncompressed_text"] = [q["url"] for q in reqs.values() if q["type"] in ("Script", "Stylesheet", "Document") and not q.get("enc") and q.get("raw", 0) > 1400]
        self.out["console_errors"] = errs
        meta = p.evaluate("()=>[...document.querySelectorAll('meta[http-equiv]')].filter(m=>/content-security-policy/i.test(m.httpEquiv)).map(m=>m.content)")
        self.out["csp"] = {"header": hdr.get("content-security-policy"), "meta": meta, "present": bool(meta or hdr.get("content-security-policy"))}
        self.out["dom_nodes"] = p.evaluate("document.querySelectorAll('*').length")
        m = {x["name"]: x["value"] for x in cdp.send("Performance.getMetrics")["metrics"]}
        # thread CPU time, unthrottled: far less sensitive to other load on the machine than wall-clock figures
        self.out["main_thread_cpu_ms"] = {k: round(m.get(n, 0) * 1000) for k, n in (("task", "TaskDuration"), ("script", "ScriptDuration"), ("layout", "LayoutDuration"), ("style", "RecalcStyleDuration"))}
        self.out["loadavg_start"] = os.getloadavg()[0]
        self.out["js_heap_kb"] = round(m.get("JSHeapUsedSize", 0) / 1024)
        self.out["controls"] = p.evaluate("""()=>{const q=s=>document.querySelectorAll(s).length;return {all:q('input:not([type=hidden]),select,textarea'),radios:q('input[type=radio]'),radio_groups:new Set([...document.querySelectorAll('input[type=radio]')].map(e=>e.name)).size,textareas:q('textarea'),buttons:q('button,input[type=submit]'),forms:q('form')}}""")
        self.out["small_targets_24px"] = p.evaluate("""()=>[...document.querySelectorAll('input:not([type=hidden]),button,select,textarea')].filter(e=>{let r=e.getBoundingClientRect();const l=(e.labels||[])[0];if(!r.width)return false;let h=r.height,w=r.width;if(l&&(e.type==='radio'||e.type==='checkbox')){const b=l.getBoundingClientRect();h=Math.max(h,b.height);w=Math.max(w,b.width)}return h<24||w<24}).length""")
        p.screenshot(path=str(self.dir / "desktop.png"))
        p.screenshot(path=str(self.dir / "desktop-full.png"), full_page=True)
        self.axe(p, "desktop")
        try:
            pdf = p.pdf(format="A4")
            (self.dir / "print.pdf").write_bytes(pdf)
            self.out["print_pages"] = pdf.count(b"/Type /Page\n") or pdf.count(b"/Type /Page") - pdf.count(b"/Type /Pages")
        except Exception as e:
            self.out["print_pages"] = "error " + str(e)[:100]
        c.close()

    def axe(self, p, label):
        # evaluated over CDP, so a page CSP does not block it
        p.evaluate(pathlib.Path(AXE).read_text() + ";undefined")
        r = p.evaluate("(t)=>axe.run(document,{runOnly:{type:'tag',values:t},resultTypes:['violations','incomplete']})", TAGS)
        v = [{"id": x["id"], "impact": x["impact"], "nodes": len(x["nodes"]), "wcag": [t for t in x["tags"] if t.startswith("wcag")] or ["best-practice"], "example": x["nodes"][0]["html"][:160]} for x in r["violations"]]
        self.out.setdefault("axe", {})[label] = {"rules": len(v), "nodes": sum(x["nodes"] for x in v), "wcag_rules": sum(1 for x in v if x["wcag"] != ["best-practice"]), "incomplete_rules": len(r["incomplete"]), "violations": v}

    def usable(self):
        """navigation start -> first visible enabled control, and -> end of the last long task before 1 s of quiet ('usable')."""
        f, u, tbt, full = [], [], [], []
        for _ in range(self.a.runs):
            c = self.ctx()
            p, cdp = self.page(c, self.a.throttle)
            p.goto(self.a.url, wait_until="commit")
            self.ready(p)
            d = p.evaluate("()=>window.__fa")
            end = d["first"]
            for s, n in d["long"]:
                end = max(end, s + n)
            f.append(round(d["first"])); u.append(round(end)); full.append(round(d["full"]) if d["full"] else None)
            tbt.append(round(sum(n - 50 for _, n in d["long"])))
            c.close()
        self.out["usable"] = {"first_control_ms": f, "usable_ms": u, "all_controls_ms": full, "blocking_ms": tbt, "first_control_median": statistics.median(f), "usable_median": statistics.median(u), "blocking_median": statistics.median(tbt)}

    def latency(self):
        c = self.ctx()
        p, cdp = self.page(c, self.a.throttle)
        p.goto(self.a.url, wait_until="commit")
        self.ready(p)
        def pick(sel, n):
            hs = [h for h in p.query_selector_all(sel) if h.evaluate("e=>{const r=e.getBoundingClientRect();if(e.checkVisibility&&!e.checkVisibility())return false;return !e.disabled&&!e.readOnly&&getComputedStyle(e).visibility!=='hidden'&&(r.width>0||e.type==='radio')}")]
            step = max(1, len(hs) // n)
            return hs[::step][:n]
        text = "I met weekly "
        nkeys = nclicks = 0
        typed = []
        for h in pick("textarea,input[type=text],input[type=email],input:not([type])", 5):
            h.scroll_into_view_if_needed(); h.focus()
            for ch in text:
                p.keyboard.press("Space" if ch == " " else ch); nkeys += 1
                p.wait_for_timeout(40)
            typed.append(h.evaluate("e=>e.value"))
        for h in pick("input[type=radio]", 10):
            box = h.evaluate_handle("e=>(e.labels&&e.labels[0])||e.closest('label')||e").as_element()
            box.scroll_into_view_if_needed()
            b = h.bounding_box() or {}
            bb = box.bounding_box()
            if not bb: continue
            if b.get("width", 0) > 8: p.mouse.click(b["x"] + b["width"] / 2, b["y"] + b["height"] / 2)
            else: p.mouse.click(bb["x"] + min(20, bb["width"] / 2), bb["y"] + bb["height"] / 2)
            nclicks += 1
            p.wait_for_timeout(150)
        p.wait_for_timeout(800)
        d = p.evaluate("()=>window.__fa")
        by = {}
        for iid, name, dur, *_ in d["ev"]:
            if iid: by[iid] = max(by.get(iid, 0), dur)
        keys = [x for x in d["ev"] if x[0] and x[1].startswith("key")]
        kd = collections.defaultdict(float); cd = collections.defaultdict(float)
        for x in d["ev"]:
            if not x[0]: continue
            (kd if x[1].startswith(("key", "input")) else cd)[x[0]] = max((kd if x[1].startswith(("key", "input")) else cd)[x[0]], x[2])
        durs = list(by.values()) + [8] * max(0, nkeys + nclicks - len(by))  # unreported = under 16 ms
        self.out["latency"] = {"keys": nkeys, "clicks": nclicks, "reported": len(by), "typed_ok": sum(1 for t in typed if t.strip() == text.strip()), "fields": len(typed),
            "checked": p.evaluate("document.querySelectorAll('input[type=radio]:checked').length"),
            "max_ms": max(durs), "p95_ms": pct(durs, .95), "p75_ms": pct(durs, .75), "median_ms": pct(durs, .5),
            "key_max_ms": max(kd.values(), default=8), "click_max_ms": max(cd.values(), default=8), "long_tasks_ms": round(max([x[1] for x in d["long"][-400:]] or [0]))}
        # autosave: does typed text survive a reload?
        probe = "autosave-probe-7319"
        h = pick("textarea", 3)
        if h:
            h[-1].scroll_into_view_if_needed(); h[-1].focus(); p.keyboard.type(probe); p.keyboard.press("Tab"); p.wait_for_timeout(2500)
            p.on("dialog", lambda d: d.accept())
            p.reload(wait_until="commit"); self.ready(p); p.wait_for_timeout(1500)
            self.out["autosave_survives_reload"] = p.evaluate("(t)=>[...document.querySelectorAll('textarea')].some(e=>e.value.includes(t))", probe)
        c.close()

    def keyboard(self):
        c = self.ctx(reduced_motion="reduce", bypass_csp=True)
        p, cdp = self.page(c)
        p.goto(self.a.url, wait_until="load"); self.ready(p)
        p.add_style_tag(content="*,*::before,*::after{transition:none!important;animation:none!important}")
        want = set(p.evaluate(EXPECT_JS))
        seen, invisible, obscured, off, stops, prev, first = set(), [], [], [], 0, None, None
        ids = set()
        for _ in range(self.a.max_tabs):
            p.keyboard.press("Tab")
            f = p.evaluate(FOCUS_JS)
            if f is None:
                if stops: break
                prev = None; continue
            if f["id"] in ids: break
            ids.add(f["id"]); stops += 1
            key = "radio:" + f["name"] if f["type"] == "radio" and f["name"] else f["tag"] + ":" + (f["name"] or f["eid"] or p.evaluate("document.activeElement.textContent.trim().slice(0,30)"))
            seen.add(key)
            desc = f"{f['tag']}[{f['type']}]#{f['eid'] or f['name']}"
            if not f["changed"]: invisible.append(desc)
            if f["off"]: off.append(desc)
            elif f["obscured"]: obscured.append(desc)
            prev = f
        miss = sorted(want - seen)
        # arrow keys inside the first radio group
        ok = None
        r = p.query_selector("input[type=radio]")
        if r:
            r.focus(); p.keyboard.press("Space"); a1 = p.evaluate("document.activeElement.value"); p.keyboard.press("ArrowDown"); a2 = p.evaluate("document.activeElement.value"); ok = a1 != a2 and p.evaluate("document.activeElement.checked")
        self.out["keyboard"] = {"expected": len(want), "reached": len(want) - len(miss), "missing": miss[:20], "tab_stops": stops, "no_visible_focus": len(invisible), "no_visible_focus_examples": invisible[:8], "offscreen_on_focus": len(off), "offscreen_examples": off[:4], "obscured_on_focus": len(obscured), "obscured_examples": obscured[:4], "arrow_keys_in_radio_group": ok}
        c.close()

    def nojs(self):
        c = self.ctx(java_script_enabled=False)
        p = c.new_page()
        p.goto(self.a.url, wait_until="load"); p.wait_for_timeout(300)
        n = lambda s: p.locator(s).count()
        form = p.locator("form").filter(has=p.locator("textarea")).first
        has = form.count() > 0
        o = {"forms": n("form"), "controls": n(CONTROL), "named_controls": n("input[name]:not([type=hidden]),select[name],textarea[name]"), "action": form.get_attribute("action") if has else None, "method": form.get_attribute("method") if has else None, "submit_buttons": n("form button:not([type=button]):not([type=reset]),form input[type=submit]")}
        js = self.out.get("controls", {})
        o["has_action_and_post"] = bool(o["action"] is not None and (o["method"] or "").lower() == "post")
        o["all_controls_present"] = bool(js) and o["controls"] >= js["all"] and o["controls"] > 0
        o["works"] = o["has_action_and_post"] and o["all_controls_present"] and o["submit_buttons"] > 0
        p.screenshot(path=str(self.dir / "nojs.png"))
        self.out["no_js"] = o
        c.close()

    def mobile(self):
        c = self.ctx(viewport={"width": 320, "height": 640}, device_scale_factor=2, is_mobile=True, has_touch=True)
        p, _ = self.page(c)
        p.goto(self.a.url, wait_until="load"); self.ready(p)
        self.out["reflow_320"] = p.evaluate("""()=>{const d=document.scrollingElement;const bad=[...document.querySelectorAll('body *')].filter(e=>{const r=e.getBoundingClientRect();return r.width>0&&r.right>321&&getComputedStyle(e).position!=='fixed'}).slice(0,5).map(e=>e.tagName.toLowerCase()+'.'+String(e.className).slice(0,40));return {scroll_width:d.scrollWidth,inner_width:innerWidth,horizontal_scroll:d.scrollWidth>320||innerWidth>320,overflowing:bad,page_height:d.scrollHeight}}""")
        c.close()
        c = self.ctx(viewport={"width": 390, "height": 844}, device_scale_factor=2, is_mobile=True, has_touch=True)
        p, _ = self.page(c)
        p.goto(self.a.url, wait_until="load"); self.ready(p)
        p.screenshot(path=str(self.dir / "mobile.png"))
        self.axe(p, "mobile")
        c.close()
        c = self.ctx(viewport={"width": 1280, "height": 900}, color_scheme="dark")
        p, _ = self.page(c)
        p.goto(self.a.url, wait_until="load"); self.ready(p)
        self.axe(p, "dark")
        c.close()

    def semantics(self):
        """what axe does not fail: named radio groups, autocomplete, preselected answers, behaviour of an empty submit."""
        c = self.ctx()
        p, _ = self.page(c)
        p.goto(self.a.url, wait_until="load"); self.ready(p)
        o = p.evaluate("""()=>{const nm={};for(const r of document.querySelectorAll('input[type=radio]'))(nm[r.name]=nm[r.name]||[]).push(r);
        const T=id=>(id||'').split(/\\s+/).map(i=>document.getElementById(i)).filter(Boolean).map(e=>e.textContent.trim()).join(' ');
        let named=0;for(const k in nm){const r=nm[k][0];let g=r.closest('fieldset'),ok=false;
          if(g&&g.querySelectorAll('input[type=radio]').length===nm[k].length){const l=g.querySelector(':scope>legend');ok=!!(l&&l.textContent.trim())||!!T(g.getAttribute('aria-labelledby'))||!!g.getAttribute('aria-label')}
          if(!ok){g=r.closest('[role=radiogroup],[role=group]');ok=!!g&&g.querySelectorAll('input[type=radio]').length===nm[k].length&&(!!T(g.getAttribute('aria-labelledby'))||!!g.getAttribute('aria-label'))}
          if(ok)named++}
        const q=s=>document.querySelectorAll(s).length;
        return {radio_groups:Object.keys(nm).length,radio_groups_with_name:named,preselected_radios:q('input[type=radio]:checked'),autocomplete_name:q('[autocomplete=name]')>0,autocomplete_email:q('[autocomplete=email]')>0,headings:q('h1,h2,h3,h4,h5,h6'),h1:q('h1'),landmark_main:q('main,[role=main]'),live_regions:q('[aria-live],[role=status],[role=alert]'),errors_before_input:q('[aria-invalid=true],[role=alert]:not(:empty)')}}""")
        url0 = p.url
        btn = p.query_selector("form button[type=submit],form input[type=submit]:not([hidden]),form button:not([type]),input[type=button][value=Complete],button[type=submit]")
        if btn:
            try:
                btn.scroll_into_view_if_needed(timeout=5000); btn.click(timeout=5000, no_wait_after=True); p.wait_for_timeout(1500)
                o["empty_submit"] = p.evaluate("""(u)=>{const a=document.activeElement;const s=document.querySelector('.govuk-error-summary,[role=alert],[class*=error-summary],[class*=errors]');const b=s&&s.closest('[tabindex]')||s;return {left_page:location.href!==u,focus:a?a.tagName.toLowerCase()+'#'+(a.id||a.name||String(a.className).slice(0,30)):null,native_invalid:document.querySelectorAll('input:invalid,textarea:invalid').length,aria_invalid:document.querySelectorAll('[aria-invalid=true]').length,summary:!!s,summary_links:s?(b||s).querySelectorAll('a[href^="#"]').length:0,focus_in_summary:!!(s&&a&&(a===s||a===b||s.contains(a)||a.contains(s)&&a!==document.body)),described_by:[...document.querySelectorAll('[aria-invalid=true]')].filter(e=>e.getAttribute('aria-describedby')||e.getAttribute('aria-errormessage')).length}}""", url0)
            except Exception as e:
                o["empty_submit"] = {"error": repr(e)[:150]}
        self.out["semantics"] = o
        c.close()

    def run(self):
        self.dir = pathlib.Path(self.a.out); self.dir.mkdir(parents=True, exist_ok=True)
        with sync_playwright() as pw:
            self.b = pw.chromium.launch(executable_path=CHROME, args=ARGS, headless=True)
            self.out["browser"] = self.b.version
            for ph in ("load", "usable", "latency", "keyboard", "nojs", "mobile", "semantics"):
                if ph in self.a.skip: continue
                t = time.time()
                try: getattr(self, ph)()
                except Exception as e: self.out.setdefault("errors", {})[ph] = repr(e)[:400]
                self.out.setdefault("phase_s", {})[ph] = round(time.time() - t, 1)
            self.b.close()
        self.out["screenshots"] = sorted(str(x) for x in self.dir.glob("*.png"))
        return self.out


if __name__ == "__main__":
    ap = argparse.ArgumentParser()
    ap.add_argument("url"); ap.add_argument("--out", default="audit-out"); ap.add_argument("--runs", type=int, default=5)
    ap.add_argument("--throttle", type=float, default=4); ap.add_argument("--skip", default="", type=lambda s: s.split(","))
    ap.add_argument("--wait", default=None); ap.add_argument("--max-tabs", type=int, default=600)
    ap.add_argument("--min-controls", type=int, default=290)
    ap.add_argument("--open", default="document.querySelectorAll('details').forEach(d=>{d.removeAttribute('name');d.open=true})",
                    help="script run once a page is ready; by default it opens every closed unit ('' leaves the page as it is)")
    a = ap.parse_args()
    r = Audit(a).run()
    pathlib.Path(a.out, "audit.json").write_text(json.dumps(r, indent=1))
    print(json.dumps(r, indent=1))
    sys.exit(1 if r.get("errors") else 0)
