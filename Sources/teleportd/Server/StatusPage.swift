/// The page at `/`: one file, nothing from elsewhere, refreshed from `/status`.
enum StatusPage {
    static let html = """
        <!doctype html><html lang="en"><meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>teleport</title>
        <style>body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:50rem;padding:0 1rem}
        pre{white-space:pre-wrap;overflow-wrap:anywhere}</style>
        <h1>teleport</h1>
        <p><a href="/status">status</a> · <a href="/metrics">metrics</a> · <a href="/healthz">alive</a> ·
        <a href="/readyz">ready</a></p>
        <pre id="status">…</pre>
        <script>
        const place = document.getElementById("status");
        async function look() {
          try {
            const answer = await fetch("/status");
            place.textContent = JSON.stringify(await answer.json(), null, 2);
          } catch (error) { place.textContent = "no answer: " + error; }
          setTimeout(look, 2000);
        }
        look();
        </script></html>
        """
}
