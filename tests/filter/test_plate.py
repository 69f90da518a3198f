"""A film behind people: which of its pictures is seen when, and a whole film made with it."""

import av
import pytest

from pipelines.filter import preparing
from pipelines.filter.plate import Plate, read_plate
from pipelines.filter.specs import parse_specs
from pipelines.stylize.canvas import Footage
from studio.errors import RequestError
from studio.jobs.job import Job
from studio.media.film_preview import render_preview
from studio.media.probe import frame_times, probe
from studio.settings import Settings
from studio.types.shot import Shot, TransitionKind
from tests.footage import counted_clip, ffmpeg, number_in, shared_media, tone
from tests.picture_pool import picture_cache, picture_pool

__all__ = ["picture_cache", "picture_pool"]


def test_the_picture_of_the_time_and_from_the_start_again(tmp_path):
    """A plate of 10 frames a second beside footage of 25."""
    clip = counted_clip(tmp_path / "plate.mp4", 8, rate="10")
    plate = Plate(read_plate(clip, Job(Settings(threads=1))))
    seen = [number_in(plate(n / 25)[1]) for n in range(45)]
    assert seen == [int(n / 25 * 10 + 1e-6) % 8 for n in range(45)]
    assert number_in(plate(0.35)[1]) == 3  # and back, for another stretch


def test_people_before_a_film(tmp_path, picture_pool, picture_cache):
    job = Job(Settings(cache_dir=picture_cache, threads=2), picture_pool)
    speaker = tmp_path / "speaker.mp4"
    ffmpeg(
        *("-ss", 1, "-t", 0.4, "-i", shared_media("speaker_en.mp4"), "-an"),
        *("-vf", "scale=192:192", "-c:v", "libx264", "-crf", 14, speaker),
    )
    clip = counted_clip(tmp_path / "plate.mp4", 5, size=(96, 96))
    inputs = preparing.read_inputs(parse_specs((f"background:replace={clip}",)), job)
    info = probe(speaker)
    times = frame_times(info)
    end = len(times)
    shot = Shot(0, end, times.start(0), times.start(end), TransitionKind.START, 0, end)
    footage, span = Footage(info, times, (shot,)), (3, end)
    with preparing.stack_of(inputs, footage, {}, 1, job) as stack:
        film = preparing.film_of(stack, inputs, footage)
        out = tmp_path / "made.mp4"
        render_preview(info, times, film, out, span, settings=job.settings)
    with av.open(str(out)) as container:
        made = [f.to_ndarray(format="gray") for f in container.decode(video=0)]
    # The last bar stands free of her, on the right: it says whether the number is odd.
    odd = [picture[60:130, 184:190].mean() > 128 for picture in made]
    assert odd == [bool(n % 5 % 2) for n in range(*span)]


def test_sound_alone_cannot_stand_behind(tmp_path):
    ffmpeg(*tone(1), tmp_path / "sound.mp4")
    with pytest.raises(RequestError, match="no picture"):
        read_plate(tmp_path / "sound.mp4", Job(Settings(threads=1)))
