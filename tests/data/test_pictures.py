"""Lists of pictures and what is held out of them."""

import pytest

from keras_colorize.data import UNLABELED, list_pictures, split_pictures


def _touch(root, *names):
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def test_the_folder_of_a_picture_is_its_class(tmp_path):
    _touch(tmp_path, "sea/b.jpg", "sea/a.PNG", "land/hills/c.jpeg", "land/d.bmp", "e.gif")
    pictures = list_pictures(tmp_path)
    assert pictures.names == ("e.gif", "land/d.bmp", "land/hills/c.jpeg", "sea/a.PNG", "sea/b.jpg")
    assert pictures.class_names == ("land", "land/hills", "sea")
    assert pictures.labels == (UNLABELED, 0, 1, 2, 2)
    assert len(pictures) == 5
    assert pictures.paths[1] == str(tmp_path / "land" / "d.bmp")


def test_a_flat_folder_has_no_classes(tmp_path):
    pictures = list_pictures(str(_touch(tmp_path, "a.jpg", "b.jpg")))
    assert pictures.class_names == ()
    assert pictures.labels == (UNLABELED, UNLABELED)


def test_hidden_and_other_files_are_left_out(tmp_path):
    _touch(tmp_path, "a.jpg", ".b.jpg", ".thumbnails/c.jpg", "x/.cache/d.jpg", "notes.txt", "jpg")
    (tmp_path / "folder.jpg").mkdir()
    assert list_pictures(tmp_path).names == ("a.jpg",)


def test_hidden_parents_do_not_hide(tmp_path):
    assert len(list_pictures(_touch(tmp_path / ".data", "a.jpg"))) == 1


def test_classes_of_another_folder_are_kept(tmp_path):
    _touch(tmp_path, "sea/a.jpg", "city/b.jpg", "c.jpg")
    pictures = list_pictures(tmp_path, ("forest", "sea"))
    assert pictures.class_names == ("forest", "sea")
    assert dict(zip(pictures.names, pictures.labels, strict=True)) == {
        "c.jpg": UNLABELED,
        "city/b.jpg": UNLABELED,
        "sea/a.jpg": 1,
    }


def test_nothing_found_is_an_error(tmp_path):
    with pytest.raises(ValueError, match=r"Expected pictures \(\.jpg, .*\) below .*, found none"):
        list_pictures(_touch(tmp_path, "notes.txt"))
    with pytest.raises(ValueError, match="Expected a folder of pictures, received .*absent"):
        list_pictures(tmp_path / "absent")
    with pytest.raises(ValueError, match="Expected a folder of pictures, received .*notes"):
        list_pictures(tmp_path / "notes.txt")


def test_a_split_holds_out_its_share(tmp_path):
    pictures = list_pictures(_touch(tmp_path, *(f"x/{i}.jpg" for i in range(400))))
    training, validation = split_pictures(pictures, 0.25)
    assert sorted(training.names + validation.names) == sorted(pictures.names)
    assert 70 <= len(validation) <= 130
    assert set(training.labels) == set(validation.labels) == {0}
    assert training.class_names == validation.class_names == ("x",)


def test_a_picture_keeps_its_side_when_others_come(tmp_path):
    _, before = split_pictures(
        list_pictures(_touch(tmp_path, *(f"{i}.jpg" for i in range(50)))), 0.3
    )
    _touch(tmp_path, *(f"{i}.jpg" for i in range(50, 90)))
    _, after = split_pictures(list_pictures(tmp_path), 0.3)
    assert set(before.names) < set(after.names)
    assert all(
        int(name.removesuffix(".jpg")) >= 50 for name in set(after.names) - set(before.names)
    )


def test_all_or_nothing_can_be_held_out(tmp_path):
    pictures = list_pictures(_touch(tmp_path, "a.jpg", "b.jpg"))
    assert [len(side) for side in split_pictures(pictures, 0)] == [2, 0]
    assert [len(side) for side in split_pictures(pictures, 1)] == [0, 2]
    for share in (-0.1, 1.1):
        with pytest.raises(ValueError, match="validation_share in 0..1, received"):
            split_pictures(pictures, share)
