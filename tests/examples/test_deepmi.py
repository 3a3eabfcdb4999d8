"""deepmi_registration and deepmi_stereo: what they write, what repeats, and the acceptance items of full runs."""
import csv
import math
import os
import unittest

from harness import ExampleTest

LOSSES = ["L1", "L2", "1-SSIM", "-MI", "NMI", "A", "A min"]


class DeepMiTest(ExampleTest):
    def rows(self, *parts):
        with open(self.path(*parts), newline="") as file:
            return list(csv.DictReader(file))

    def registration(self, out, *arguments):
        """Text, and (successes, of how many) of each row at the headline rate."""
        text, _ = self.run_program("deepmi_registration", "--out", self.path(out), "--quiet", *arguments)
        found = {}
        for row in self.rows(out, "results.csv"):
            if float(row["lr_scale"]) == 1:
                key = row["scenes"], row["warp"], row["map"], row["loss"], float(row["amount"])
                found[key] = int(row["successes"]), int(row["of"])
        return text, found

    def stereo(self, out, *arguments):
        text, _ = self.run_program("deepmi_stereo", "--out", self.path(out), "--quiet", *arguments)
        return text, {(row["map"], row["loss"]): float(row["epe_px"]) for row in self.rows(out, "runs.csv")}


class Short(DeepMiTest):
    def test_registration(self):
        text, found = self.registration("a", "--quick", "--data", "none")
        self.assertEqual(len(found), 3 * 7)
        for loss in LOSSES:
            self.assertEqual(found["textures", "translation", "same", loss, 2], (2, 2), loss)
        for loss in ("-MI", "NMI"):
            self.assertEqual(found["textures", "translation", "inverted", loss, 2], (2, 2), loss)
        self.assertEqual(found["textures", "translation", "inverted", "L1", 2][0], 0)
        for row in self.rows("a", "errors.csv") + self.rows("a", "basin.csv"):
            self.assertTrue(math.isfinite(float(row["error_px"])), row)
        self.assertEqual(len(self.rows("a", "shift_profile.csv")), 4 * 7 * 33)
        for picture in ("basin", "shift_same", "shift_inverted", "before_after_textures_inverted"):
            self.assert_picture(self.path("a", picture + ".png"))
        self.assertIn(self.read("a", "table.md").decode(), text)

        # Scenes of a batch know nothing of each other, up to the rounding of matrix products, which grows where a loss
        # does not converge.
        self.registration("one", "--quick", "--data", "none", "--scenes", 1, "--seed", 2)
        both = [row for row in self.rows("a", "errors.csv") if row["seed"] == "2"]
        compared = 0
        for row, other in zip(both, self.rows("one", "errors.csv"), strict=True):
            self.assertEqual({**row, "error_px": 0}, {**other, "error_px": 0})
            if float(row["error_px"]) < 0.5:
                self.assertAlmostEqual(float(row["error_px"]), float(other["error_px"]), delta=0.002, msg=row)
                compared += 1
        self.assertGreater(compared, 10)

    def test_registration_out_of_the_frame(self):
        """A rate that throws the only scene out is a failure in the table, not the end of the program."""
        text, found = self.registration("a", "--quick", "--data", "none", "--scenes", 1, "--lr-scales", 1, 100, "--starts", 2)
        self.assertEqual(found["textures", "translation", "same", "A", 2], (1, 1))
        wild = [row for row in self.rows("a", "results.csv") if row["lr_scale"] == "100"]
        self.assertEqual(len(wild), 3 * 7)
        out = [row for row in wild if row["out_of_frame"] == "1"]
        for loss in ("-MI", "NMI", "A"):
            self.assertIn(loss, {row["loss"] for row in out})
        for row in out:
            self.assertEqual((row["successes"], row["of"]), ("0", "1"), row)
            self.assertGreater(float(row["median_px"]), 10, row)
        self.assertIn("0/1, 1 out", text)

    def test_stereo(self):
        for out, jobs in (("a", 1), ("b", 2)):
            text, errors = self.stereo(out, "--quick", "--jobs", jobs)
        self.assertEqual(len(errors), 3 * 10)
        for key, error in errors.items():
            self.assertTrue(0 < error < 4, (key, error))
        self.assertIn("constant 2", text)
        self.assertEqual(set(os.listdir(self.path("a"))), {"table.md", "runs.csv", "journal.csv", "disparity_same.png",
                                                          "disparity_gamma.png", "disparity_inverted.png"})
        self.assertEqual(self.read("a", "runs.csv"), self.read("b", "runs.csv"))
        self.assert_picture(self.path("a", "disparity_inverted.png"))

    def test_mistakes(self):
        self.assert_refused("deepmi_registration", "--data", self.path("nowhere"), "--quick", "--out", self.path("out"),
                            message=["nowhere"])
        os.mkdir(self.path("empty"))
        self.assert_refused("deepmi_registration", "--data", self.path("empty"), "--quick", "--out", self.path("out"),
                            message=["empty", "2 photographs", "0 PNG"])
        for option in ("--scenes", "--starts", "--jobs", "--lr-scales"):
            self.assert_refused("deepmi_registration", option, -1, message=[option])
        for option in ("--seeds", "--steps", "--jobs", "--lr-scales"):
            self.assert_refused("deepmi_stereo", option, -1, message=[option])


class Registration(DeepMiTest):
    """Acceptance 13, in full."""

    def test_full(self):
        _, found = self.registration("out", "--lr-scales", 1)
        wrong = []

        def expect(low, high, scenes, warp, maps, losses, amounts):
            for key in ((scenes, warp, m, loss, a) for m in maps for loss in losses for a in amounts):
                if found[key][1] != 16 or not low <= found[key][0] <= high:
                    wrong.append((key, found[key], f"expected {low} to {high}"))

        information = ["-MI", "NMI"]
        expect(14, 16, "textures", "translation", ["same"], LOSSES, [1, 2, 4])
        expect(14, 16, "textures", "translation", ["gamma", "inverted", "folded"], information, [1, 2, 4])
        expect(0, 4, "textures", "translation", ["inverted"], ["A", "L1", "L2", "1-SSIM"], [4])
        expect(14, 16, "textures", "affine", ["same"], LOSSES, [.05, .1, .15])
        expect(14, 16, "textures", "affine", ["inverted"], information, [.05, .1, .15])
        if any(key[0] == "photographs" for key in found):
            expect(14, 16, "photographs", "translation", ["same", "inverted"], information, [1, 2])
        self.assertEqual(wrong, [])


class Stereo(DeepMiTest):
    """Acceptance 15, in full."""

    def test_full(self):
        _, error = self.stereo("out", "--seed", 1, "--seeds", 1, "--lr-scales", 1)
        wrong = []

        def expect(low, high, maps, losses):
            for key in ((m, loss) for m in maps for loss in losses):
                if not low <= error[key] <= high:
                    wrong.append((key, error[key], f"expected {low} to {high}"))

        expect(0, .25, ["same"], LOSSES)
        expect(0, .30, ["gamma", "inverted"], ["-MI", "NMI"])
        for changed in ("gamma", "inverted"):
            expect(error[changed, "constant 2"], 4, [changed], ["L1", "A"])
        expect(0, .15, ["same", "gamma", "inverted"], ["supervised"])
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    unittest.main()
