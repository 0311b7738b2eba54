from keras_colorize.apps.web import Limits, html
from keras_colorize.apps.web.queue import add_point
from keras_colorize.inference.batch import Job, Outcome


def test_texts_are_escaped_and_results_link_to_what_was_done(session, add, upload):
    assert html.results(session) == html.faults(session) == ""
    session.faults = ["<script>: no"]
    assert "<li>&lt;script&gt;: no</li>" in html.faults(session)
    # One photograph was done, one failed and one waits.
    add(upload("one & 100%.jpg"), upload("two <b>.jpg"), upload("three.jpg"))
    for photo, status, note in zip(session.photos[:2], ("done", "failed"), "<&", strict=True):
        photo.outcome = Outcome(Job(photo.path, photo.target, photo.path), status, (note,))
    session.photos[0].target.parent.mkdir()
    session.photos[0].target.touch()
    text = html.results(session)
    assert f'href="download/{session.folder.name}/one%20%26%20100%25.jpg"' in text
    assert 'download="one &amp; 100%.jpg"' in text
    assert "<small>&lt;</small>" in text
    assert '<li class="failed">two &lt;b&gt;.jpg<small>&amp;</small></li>' in text
    assert "three" not in text
    assert "ZIP" not in text
    assert "2 of 3" in html.progress(session, 2)
    assert "20 MB and 12.5 megapixels" in html.introduction(Limits(20, 12.5))
    session.archive.touch()
    assert f'href="download/{session.folder.name}/colorized.zip"' in html.results(session)
    photo = session.photo
    assert "click on the picture" in html.hints(photo)
    add_point(photo, (3, 4), photo.size, "#a0c030")
    assert "#a0c030 at 3, 4" in html.hints(photo)
