namespace SparseTopK.TestKit;

/// <summary>Seeded inputs. Every entry is a float32 value, so that back ends of either type see the same problem.</summary>
public static class Inputs
{
    private static readonly string[] KindsOfTies = ["labels", "tenths", "tied", "constant"];

    public static double[] Normal(int n, int seed, double scale = 1)
    {
        var random = new Random(seed);
        var x = new double[n];
        for (var i = 0; i < n; i++)
        {
            x[i] = (float)(scale * Gaussian(random));
        }

        return x;
    }

    /// <summary>Few distinct values, zeros of both signs among them: ties everywhere.</summary>
    public static double[] Tied(int n, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, n).Select(_ => random.Next(-2, 4) is var v and not 0 ? v : random.Next(2) == 0 ? 0.0 : -0.0)];
    }

    /// <summary>Zeros and ones, as the labels of a classifier are.</summary>
    public static double[] Labels(int n, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, n).Select(_ => (double)random.Next(2))];
    }

    /// <summary>Multiples of a tenth from 0 to 1: few values, many ties, and none but 0, 1/2 and 1 is a binary number.</summary>
    public static double[] Tenths(int n, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, n).Select(_ => (double)(float)(random.Next(11) / 10.0))];
    }

    /// <summary>A row of every kind of ties and each of these lengths. They hold decimals of one digit, as the element type rounds them.</summary>
    public static IEnumerable<(string Shape, double[] X)> RowsOfTies(bool isDouble, params int[] lengths) =>
        from n in lengths
        from shape in KindsOfTies
        let row = WithTies(shape, n, n)
        select (shape, isDouble ? Array.ConvertAll(row, v => Math.Round(v, 1)) : row);

    /// <summary>Rows with ties, by name: "labels", "tenths", "tied" or "constant".</summary>
    public static double[] WithTies(string shape, int n, int seed) => shape switch
    {
        "labels" => Labels(n, seed),
        "tenths" => Tenths(n, seed),
        "tied" => Tied(n, seed),
        "constant" => [.. Enumerable.Repeat((double)0.7f, n)],
        _ => throw new ArgumentOutOfRangeException(nameof(shape), shape, "There is no such shape."),
    };

    /// <summary>The shapes that pooling meets, by name: "random", "tied", "rising", "falling" or "plateaus".</summary>
    public static double[] Monotone(string shape, int n, int seed)
    {
        var x = shape == "tied" ? Tied(n, seed) : Normal(n, seed);
        switch (shape)
        {
            case "rising":
                Array.Sort(x);
                break;
            case "falling":
                Array.Sort(x, (a, b) => b.CompareTo(a));
                break;
            case "plateaus":
                x = [.. x.Select((_, i) => x[i / 3 * 3])];
                break;
            case "random" or "tied":
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(shape), shape, "No such shape.");
        }

        return x;
    }

    /// <summary>Numbers from 1/2 to 2.</summary>
    public static double[] Positive(int n, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, n).Select(_ => (double)(float)(0.5 + (1.5 * random.NextDouble())))];
    }

    /// <summary>Rows on which a search that samples, sorts or bisects may go wrong, by name.</summary>
    public static double[] Adversarial(string shape, int n, int seed)
    {
        var x = Normal(n, seed);
        var stride = Math.Max(2, (int)Math.Sqrt(n));
        switch (shape)
        {
            case "sorted":
                Array.Sort(x);
                break;
            case "decreasing":
                Array.Sort(x, (a, b) => b.CompareTo(a));
                break;
            case "periodic":
                for (var i = 0; i < n; i++)
                {
                    x[i] = (float)(i % (stride / 2) == 0 ? 10 + x[i] : x[i]);
                }

                break;
            case "one value":
                Array.Fill(x, 0.75);
                break;
            case "two values":
                x = Array.ConvertAll(x, v => v > 0.5 ? 1.25 : -0.5);
                break;
            case "heavy tails":
                x = Array.ConvertAll(x, v => (double)(float)(Math.Sign(v) * Math.Exp(4 * Math.Abs(v))));
                break;
            case "one outlier":
                x[n / 3] = 1e30f;
                break;
            case "mostly zero":
                x = [.. x.Select((v, i) => (i * 7919L) % 10 == 0 ? v : 0)];
                break;
            case "large at the end":
                for (var i = n - (n / 50); i < n; i++)
                {
                    x[i] = (float)(x[i] + 100);
                }

                break;
            case "normal":
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(shape), shape, "No such shape.");
        }

        return x;
    }

    private static double Gaussian(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
