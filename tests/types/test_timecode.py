from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.types.timecode import STANDARD_RATES, FrameRate, Timecode, TimeRange

NTSC_30 = FrameRate(Fraction(30000, 1001))
NTSC_60 = FrameRate(Fraction(60000, 1001))


# Known values of SMPTE ST 12-1 counting: 17 982 frames to ten minutes, 107 892 to the hour.
@pytest.mark.parametrize(
    ("text", "frame"),
    [
        ("00:00:59;29", 1799),
        ("00:01:00;02", 1800),
        ("00:01:59;29", 3597),
        ("00:02:00;02", 3598),
        ("00:09:59;29", 17981),
        ("00:10:00;00", 17982),
        ("00:11:00;02", 19782),
        ("01:00:00;00", 107892),
        ("10:00:00;00", 1078920),
        ("23:59:59;29", 2589407),
    ],
)
def test_drop_frame_table(text, frame):
    assert Timecode.from_string(text, NTSC_30).frame == frame
    assert str(Timecode(frame, NTSC_30, drop=True)) == text


@pytest.mark.parametrize("tens", range(0, 144, 7))
def test_every_tenth_minute_keeps_its_first_frames(tens):
    hours, minutes = divmod(tens * 10, 60)
    text = f"{hours:02}:{minutes:02}:00;00"
    assert Timecode.from_string(text, NTSC_30).frame == 17982 * tens
    assert str(Timecode(17982 * tens, NTSC_30, drop=True)) == text
    if tens:
        before = str(Timecode(17982 * tens - 1, NTSC_30, drop=True))
        assert before.endswith("9:59;29")


def test_drop_frame_at_sixty_drops_four():
    assert str(Timecode(3600, NTSC_60, drop=True)) == "00:01:00;04"
    assert Timecode.from_string("01:00:00;00", NTSC_60).frame == 2 * 107892


def test_drop_frame_stays_with_the_clock():
    hour = Timecode.from_string("01:00:00;00", NTSC_30)
    assert hour.seconds == Fraction(107892 * 1001, 30000)
    assert abs(hour.seconds - 3600) < Fraction(1, 250)
    assert Timecode.from_string("01:00:00:00", NTSC_30).seconds == Fraction(36036, 10)


@pytest.mark.parametrize("text", ["00:01:00;00", "00:01:00;01", "12:59:00;01"])
def test_labels_that_drop_frame_skips_are_refused(text):
    with pytest.raises(ValueError, match="drop-frame"):
        Timecode.from_string(text, NTSC_30)


@pytest.mark.parametrize(
    "text", ["", "1:00:00:00", "00:00:00", "00:60:00:00", "00:00:60:00", "00:00:00:30", "aa:bb:cc"]
)
def test_what_is_no_time_code_is_refused(text):
    with pytest.raises(ValueError, match="not a time code"):
        Timecode.from_string(text, NTSC_30)


@pytest.mark.parametrize("fps", [Fraction(24000, 1001), Fraction(25), Fraction(30)])
def test_drop_frame_only_where_it_exists(fps):
    with pytest.raises(ValueError, match="no drop-frame"):
        Timecode(0, FrameRate(fps), drop=True)


@settings(deadline=None)
@given(
    frame=st.integers(0, 2_589_407),
    fps=st.sampled_from(STANDARD_RATES),
    drop=st.booleans(),
)
def test_time_code_survives_text(frame, fps, drop):
    rate = FrameRate(fps)
    drop = drop and rate.is_ntsc and rate.nominal % 30 == 0
    code = Timecode(frame % (rate.nominal * 86000), rate, drop)
    assert Timecode.from_string(str(code), rate) == code


def test_time_code_wraps_at_midnight():
    assert str(Timecode(25 * 86400 + 1, FrameRate(Fraction(25)))) == "00:00:00:01"
    assert str(Timecode(107892 * 24, NTSC_30, drop=True)) == "00:00:00;00"


@pytest.mark.parametrize(
    ("measured", "fps"),
    [
        (23.976, Fraction(24000, 1001)),
        (23.98, Fraction(24000, 1001)),
        (24.0, Fraction(24)),
        (23.99, Fraction(24)),
        (29.97, Fraction(30000, 1001)),
        (29.970029, Fraction(30000, 1001)),
        (59.94, Fraction(60000, 1001)),
        (25.001, Fraction(25)),
        (15.0, Fraction(15)),
        (12.5, Fraction(25, 2)),
        (Fraction(2997, 100), Fraction(30000, 1001)),
    ],
)
def test_measured_rates_find_their_standard(measured, fps):
    assert FrameRate.from_measured(measured).fps == fps


@pytest.mark.parametrize("fps", [0, -1, float("nan"), float("inf")])
def test_impossible_rates_are_refused(fps):
    with pytest.raises(ValueError, match="positive"):
        FrameRate.from_measured(fps)


def test_a_frame_an_hour_is_a_rate():
    rate = FrameRate.from_measured(1 / 3600)
    assert rate.fps == Fraction(1, 3600)
    assert rate.nominal == 1


def test_only_true_ntsc_rates_count_as_ntsc():
    assert NTSC_30.is_ntsc
    assert not FrameRate(Fraction(12345, 1001)).is_ntsc
    assert not FrameRate(Fraction(30)).is_ntsc


@settings(deadline=None)
@given(frame=st.integers(0, 10**7), fps=st.sampled_from(STANDARD_RATES))
def test_a_frame_holds_its_own_start_and_not_its_end(frame, fps):
    rate = FrameRate(fps)
    assert rate.frame_at(rate.seconds(frame)) == frame
    assert rate.frame_at(rate.seconds(frame + 1) - Fraction(1, 10**9)) == frame
    assert rate.nearest(rate.seconds(frame)) == frame


def test_ranges_are_half_open():
    one, two = TimeRange(Fraction(0), Fraction(1)), TimeRange(Fraction(1), Fraction(2))
    assert Fraction(1) not in one
    assert Fraction(1) in two
    assert not one.overlaps(two)
    assert one.intersection(two) is None
    assert one.intersection(TimeRange(Fraction(1, 2), Fraction(3))) == TimeRange(
        Fraction(1, 2), Fraction(1)
    )
    with pytest.raises(ValueError, match="ends after it starts"):
        TimeRange(Fraction(1), Fraction(0))
