namespace SparseTopK.Benchmarks.Tables;

/// <summary>The rows of a group of measurements.</summary>
/// <param name="Rows">Rows.</param>
/// <param name="N">Entries of each.</param>
/// <param name="K">How many to choose of each.</param>
public sealed record Shape(int Rows, int N, int K)
{
    public override string ToString() => FormattableString.Invariant($"{Rows:#,0} x {N:#,0}, k = {K:#,0}");
}

/// <summary>What is compared with one another.</summary>
/// <param name="Shape">The rows.</param>
/// <param name="IsDouble">float64, else float32.</param>
/// <param name="Threads">Threads that each contender may use.</param>
public sealed record Group(Shape Shape, bool IsDouble, int Threads)
{
    /// <summary>Whether every solver takes part, or the default one alone.</summary>
    public bool IsFull => !IsDouble && Threads == 1;

    public override string ToString() => $"{Shape}, {(IsDouble ? "double" : "float")}, {Threads} thread{(Threads == 1 ? string.Empty : "s")}";
}

/// <summary>One line of a table.</summary>
/// <param name="Group">The table.</param>
/// <param name="Name">The line.</param>
/// <param name="Prepare">Makes the memory of the case, once the line's turn has come.</param>
public sealed record Contender(Group Group, string Name, Func<Prepared> Prepare)
{
    /// <summary>What went wrong, if something did.</summary>
    public string? Error { get; set; }

    public override string ToString() => $"{Group}: {Name}";
}

/// <summary>A line whose turn has come.</summary>
/// <param name="Run">What is timed.</param>
/// <param name="Memory">What is let go of afterwards.</param>
public sealed record Prepared(Action Run, IDisposable? Memory = null);

/// <summary>Those that take part.</summary>
internal interface IContenders
{
    /// <summary>What the results depend on, for the head of the tables: names and versions; and who is left out, and why.</summary>
    IEnumerable<string> Describe();

    /// <summary>The lines of one group, baselines first.</summary>
    IEnumerable<Contender> For(Group group);
}

/// <summary>The same rows for all contenders of a group, made once.</summary>
internal static class SharedInputs
{
    private static (int Length, float[] X, float[] G) _last = (-1, [], []);

    /// <summary>Standard normal entries and cotangents.</summary>
    public static (float[] X, float[] G) Of(Shape shape)
    {
        var length = shape.Rows * shape.N;
        if (_last.Length != length)
        {
            _last = (length, Inputs.Normal(length, 1), Inputs.Normal(length, 2));
        }

        return (_last.X, _last.G);
    }

    /// <inheritdoc cref="Of(Shape)"/>
    public static (T[] X, T[] G) Of<T>(Shape shape)
    {
        var (x, g) = Of(shape);
        return typeof(T) == typeof(float)
            ? ((T[])(object)x, (T[])(object)g)
            : ((T[])(object)Array.ConvertAll(x, v => (double)v), (T[])(object)Array.ConvertAll(g, v => (double)v));
    }
}
