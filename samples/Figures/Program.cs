using SparseTopK.Figures;

var folder = args is [var path] ? path : Path.Combine("docs", "figures");
Directory.CreateDirectory(folder);
foreach (var (name, draw) in LambdaFigures.All)
{
    var file = Path.Combine(folder, name);
    File.WriteAllText(file, draw());
    Console.WriteLine(file);
}
